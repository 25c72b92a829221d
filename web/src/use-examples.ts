import { useCallback, useEffect, useState } from "react";
import type { Examples } from "./api";
import { requestsOf } from "./classify";
import { isPicture } from "./pictures";
import { type Said, sayingOf } from "./said";
import { useServer } from "./server";

/** Labels of a set that may learn from pictures: the server's bound. */
const MOST_LABELS = 1000;

/** What a set of the server has learnt from pictures, and how it learns more. */
export interface SetExamples {
  /** Undefined: not known yet, or this set can't learn. */
  readonly now: Examples | undefined;
  /** Counts up with every change: answers of before are out of date. */
  readonly mark: number;
  /** The label whose pictures are learnt. */
  readonly busy: string | undefined;
  readonly error: Said | undefined;
  /** Pictures among the files become examples of a label (its id or name). */
  add(label: string, files: Iterable<File>): void;
  /** Forgets a label's. */
  remove(label: string): void;
}

export function useExamples(set: string, labels: number): SetExamples {
  const { api, noticed } = useServer();
  const [now, setNow] = useState<Examples>();
  const [mark, setMark] = useState(0);
  const [busy, setBusy] = useState<string>();
  const [error, setError] = useState<Said>();
  const failed = useCallback(
    (error: unknown): void => {
      if (!noticed(error)) setError(sayingOf(error));
    },
    [noticed],
  );
  useEffect(() => {
    const stop = new AbortController();
    setNow(undefined);
    if (labels > MOST_LABELS) return;
    api.labelSets
      .examples(set, { signal: stop.signal })
      .then(setNow)
      .catch((error: unknown) => {
        if (!stop.signal.aborted) failed(error);
      });
    return () => stop.abort();
  }, [api, set, labels, failed]);
  const run = useCallback(
    (label: string, work: () => AsyncIterable<Examples>): void => {
      setBusy(label);
      setError(undefined);
      const all = async (): Promise<void> => {
        for await (const found of work()) {
          setNow(found);
          setMark((last) => last + 1);
        }
      };
      all()
        .catch(failed)
        .finally(() => setBusy(undefined));
    },
    [failed],
  );
  const add = useCallback(
    (label: string, files: Iterable<File>): void => {
      const pictures = [...files].filter(isPicture).map((file) => ({ file }));
      if (pictures.length === 0) return;
      run(label, async function* () {
        for (const request of requestsOf(pictures)) {
          const added = await api.labelSets.addExamples(
            set,
            label,
            request.map(({ file }) => ({ picture: file, name: file.name })),
          );
          const [first] = added.failed;
          if (first) setError({ code: first.error.code, message: `${first.image}: ${first.error.message}` });
          yield added;
        }
      });
    },
    [api, set, run],
  );
  const remove = useCallback(
    (label: string): void =>
      run(label, async function* () {
        yield await api.labelSets.removeExamples(set, label);
      }),
    [api, set, run],
  );
  return { now, mark, busy, error, add, remove };
}
