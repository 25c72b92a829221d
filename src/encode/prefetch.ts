/** At most `limit` of the given tasks run at once; the others wait their turn. */
export function gate(limit: number): <T>(task: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}

/**
 * Starts `start(item)` for up to `ahead` items before they are asked for, and yields the results in order.
 * `start` must not reject. A consumer that stops early leaves at most `ahead` tasks to end by themselves.
 */
export async function* prefetch<T, R>(
  items: AsyncIterable<T> | Iterable<T>,
  ahead: number,
  start: (item: T, position: number) => Promise<R>,
): AsyncGenerator<R> {
  const started: Promise<R>[] = [];
  let position = 0;
  for await (const item of items) {
    started.push(start(item, position++));
    if (started.length >= ahead) yield await started.shift()!;
  }
  while (started.length > 0) yield await started.shift()!;
}
