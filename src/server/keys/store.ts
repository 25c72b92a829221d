import { Turns } from "../queue/turns.js";
import { createKey, type KeyRecord, readKeys, removeKey, type Scope } from "./keys.js";

/** The keys of a running server, for who may change them over HTTP. */
export interface KeyStore {
  list(): readonly KeyRecord[];
  /** Makes a key, which is told here and never again. */
  create(name: string, scopes: readonly Scope[]): Promise<{ key: string; record: KeyRecord }>;
  /** Raises `server.keys` where there is none of that id. */
  remove(id: string): Promise<void>;
}

/** The keys of a home folder; `refresh` makes the server see a change at once. */
export function keyStore(
  home: string,
  watched: { readonly now: readonly KeyRecord[]; refresh(): Promise<void> },
): KeyStore {
  const turns = new Turns();
  return {
    list: () => watched.now,
    create: (name, scopes) =>
      turns.run(async () => {
        const made = await createKey(home, name, scopes);
        await watched.refresh();
        return made;
      }),
    remove: (id) =>
      turns.run(async () => {
        if ((await readKeys(home)).some((key) => key.id === id)) await removeKey(home, id);
        await watched.refresh();
      }),
  };
}
