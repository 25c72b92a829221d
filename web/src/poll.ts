import { useCallback, useEffect, useState } from "react";
import { type Said, sayingOf } from "./said";
import { useServer } from "./server";

const AGAIN_MS = 700;

export interface Polled<T> {
  readonly value: T | undefined;
  readonly error: Said | undefined;
  /** Does something and asks what came of it; what goes wrong is in `error`. */
  act(work: () => Promise<unknown>): Promise<void>;
}

/** What the server says, asked again while something of it is on its way. */
export function usePolled<T>(read: () => Promise<T>, isOnItsWay: (value: T) => boolean): Polled<T> {
  const { noticed, epoch } = useServer();
  const [value, setValue] = useState<T>();
  const [asking, setAsking] = useState<Said>();
  const [acting, setActing] = useState<Said>();
  const ask = useCallback(async (): Promise<void> => {
    try {
      setValue(await read());
      setAsking(undefined);
    } catch (thrown) {
      if (!noticed(thrown)) setAsking(sayingOf(thrown));
    }
  }, [read, noticed]);
  const act = useCallback(
    async (work: () => Promise<unknown>): Promise<void> => {
      setActing(undefined);
      try {
        await work();
      } catch (thrown) {
        if (!noticed(thrown)) setActing(sayingOf(thrown));
      }
      await ask();
    },
    [ask, noticed],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: a server that is back is asked anew.
  useEffect(() => void ask(), [ask, epoch]);
  const waits = value !== undefined && isOnItsWay(value);
  useEffect(() => {
    if (!waits) return;
    const timer = setInterval(() => void ask(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [waits, ask]);
  return { value, error: acting ?? asking, act };
}
