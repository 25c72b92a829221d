/** Frames that wait for the model: never more than `most`, so that memory stays flat. */
export interface FrameQueue<T> {
  /** Waits for one at least → at most `most` of those that wait; empty: the source has ended. Raises what the source raised. */
  take(most: number): Promise<T[]>;
  /** Frames that were dropped because newer ones came. */
  readonly dropped: number;
}

/** Reads a source beside its use. `newest`: what does not fit pushes the oldest out; else the source waits. The signal ends it. */
export function frameQueue<T>(
  source: AsyncIterable<T>,
  most: number,
  newest: boolean,
  signal: AbortSignal,
): FrameQueue<T> {
  const waiting: T[] = [];
  let dropped = 0;
  let over = false;
  let failed: unknown;
  let wake = (): void => {};
  let changed = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const tell = (): void => {
    wake();
    changed = new Promise<void>((resolve) => {
      wake = resolve;
    });
  };
  const pump = async (): Promise<void> => {
    try {
      for await (const item of source) {
        while (!newest && waiting.length >= most && !over) await changed;
        if (over) return;
        if (waiting.length >= most) {
          waiting.shift();
          dropped += 1;
        }
        waiting.push(item);
        tell();
      }
    } catch (error) {
      failed = error;
    }
    over = true;
    tell();
  };
  const end = (): void => {
    over = true;
    tell();
  };
  if (signal.aborted) end();
  signal.addEventListener("abort", end, { once: true });
  void pump();
  return {
    async take(wanted) {
      while (waiting.length === 0 && !over) await changed;
      const taken = waiting.splice(0, wanted);
      tell();
      if (taken.length === 0 && failed !== undefined) throw failed;
      return taken;
    },
    get dropped() {
      return dropped;
    },
  };
}
