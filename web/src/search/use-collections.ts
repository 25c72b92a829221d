import { useCallback, useMemo } from "react";
import { type CollectionInfo, ZeroclipError } from "../api";
import { usePolled } from "../poll";
import type { Said } from "../said";
import { useServer } from "../server";

/** Others may change a collection at the same time: so often it is read and written anew. */
const TRIES = 4;

export interface Collections {
  readonly list: readonly CollectionInfo[] | undefined;
  readonly error: Said | undefined;
  /** Puts pictures in, after those that are there; a collection that is not there is made. */
  add(name: string, ids: readonly string[]): Promise<void>;
  take(name: string, ids: readonly string[]): Promise<void>;
  remove(name: string): Promise<void>;
}

const isStatus = (error: unknown, status: number): boolean =>
  error instanceof ZeroclipError && error.status === status;

/** The collections of a database; what two people change at once is both kept. */
export function useCollections(db: string): Collections {
  const { api } = useServer();
  const { databases } = api;
  const read = useCallback(() => databases.collections(db), [databases, db]);
  const { value, error, act } = usePolled(read, () => false);
  const change = useCallback(
    async (name: string, of: (ids: readonly string[]) => readonly string[]): Promise<void> => {
      for (let tried = 1; ; tried++) {
        try {
          const list = await databases.collections(db);
          const isThere = list.some((one) => one.name === name);
          const found = isThere ? await databases.collection(db, name) : undefined;
          const mark = found ? { etag: found.etag } : { create: true };
          await databases.putCollection(db, name, of(found?.collection.pictures ?? []), mark);
          return;
        } catch (thrown) {
          // Another one was faster: made, changed or removed it.
          if (!(isStatus(thrown, 412) || isStatus(thrown, 404)) || tried === TRIES) throw thrown;
        }
      }
    },
    [databases, db],
  );
  return useMemo(
    () => ({
      list: value,
      error,
      add: (name, ids) => act(() => change(name, (had) => [...new Set([...had, ...ids])])),
      take: (name, ids) => {
        const gone = new Set(ids);
        return act(() => change(name, (had) => had.filter((id) => !gone.has(id))));
      },
      remove: (name) => act(() => databases.deleteCollection(db, name)),
    }),
    [value, error, act, change, databases, db],
  );
}
