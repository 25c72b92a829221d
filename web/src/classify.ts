import { useEffect, useRef, useState } from "react";
import type { Classified, ClassifyOptions } from "./api";
import type { PagePicture } from "./pictures";
import { type Said, sayingOf } from "./said";
import { useServer } from "./server";

/** One picture's answer, or what went wrong with it. */
export interface Answer extends Classified {
  /** Share of its request's time, in ms. */
  readonly ms: number;
  /** Of what was asked: another one is out of date. */
  readonly key: string;
}

export interface Answers {
  readonly byPicture: ReadonlyMap<string, Answer>;
  readonly busy: { readonly done: number; readonly all: number } | undefined;
  /** What is wrong with the request itself. */
  readonly error: Said | undefined;
  readonly version: number | undefined;
}

const NOTHING: Answers = { byPicture: new Map(), busy: undefined, error: undefined, version: undefined };
const PICTURES_AT_ONCE = 8;
const BYTES_AT_ONCE = 16 * 1024 * 1024;
const SETTLE_MS = 200;

/** Pictures in requests of a size that shows progress and fits a server's limits. */
export function* requestsOf<T extends Pick<PagePicture, "file">>(pictures: readonly T[]): Generator<T[]> {
  let request: T[] = [];
  let bytes = 0;
  for (const picture of pictures) {
    if (
      request.length > 0 &&
      (request.length === PICTURES_AT_ONCE || bytes + picture.file.size > BYTES_AT_ONCE)
    ) {
      yield request;
      [request, bytes] = [[], 0];
    }
    request.push(picture);
    bytes += picture.file.size;
  }
  if (request.length > 0) yield request;
}

/** Keeps the answers for the pictures up to date with what is asked; undefined asks nothing. Earlier answers stay until new ones come. With another `mark` all are asked for anew. */
export function useAnswers(
  pictures: readonly PagePicture[],
  asked: ClassifyOptions | undefined,
  mark = 0,
): Answers {
  const { api, epoch, state, noticed } = useServer();
  const [answers, setAnswers] = useState(NOTHING);
  const key = asked === undefined ? "" : `${epoch} ${mark} ${JSON.stringify(asked)}`;
  const known = useRef(answers.byPicture);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` says whether `asked`, new with every drawing, is another.
  useEffect(() => {
    const update = (more: Partial<Answers>): void => {
      setAnswers((last) => ({ ...last, ...more, byPicture: known.current }));
    };
    const held = new Set(pictures.map(({ id }) => id));
    known.current = new Map([...known.current].filter(([id]) => asked !== undefined && held.has(id)));
    const open = pictures.filter(({ id }) => known.current.get(id)?.key !== key);
    if (asked === undefined || open.length === 0) return update({ busy: undefined, error: undefined });
    if (state !== "ready") return;
    const stop = new AbortController();
    const run = async (): Promise<void> => {
      let done = pictures.length - open.length;
      update({ busy: { done, all: pictures.length }, error: undefined });
      for (const request of requestsOf(open)) {
        const began = performance.now();
        const { results, labelSet } = await api.classify(
          { images: request.map(({ file, name }) => ({ picture: file, name })), ...asked },
          { signal: stop.signal },
        );
        const ms = (performance.now() - began) / request.length;
        known.current = new Map([
          ...known.current,
          ...results.map((result, i): [string, Answer] => [request[i]!.id, { ...result, ms, key }]),
        ]);
        done += request.length;
        update({ busy: { done, all: pictures.length }, version: labelSet?.version });
      }
      update({ busy: undefined });
    };
    const failed = (error: unknown): void => {
      if (stop.signal.aborted) return;
      update({ busy: undefined, error: noticed(error) ? undefined : sayingOf(error) });
    };
    const timer = setTimeout(() => void run().catch(failed), SETTLE_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [pictures, key, state, api, noticed]);
  return answers;
}
