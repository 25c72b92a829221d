/** How often, ms, memory is looked at: a batch takes longer. */
const EVERY_MS = 50;

/** Watches the process' memory until it is asked: the largest number of resident bytes that was seen. */
export function watchMemory(): () => number {
  let most = process.memoryUsage.rss();
  const look = (): void => {
    most = Math.max(most, process.memoryUsage.rss());
  };
  const timer = setInterval(look, EVERY_MS).unref();
  return () => {
    clearInterval(timer);
    look();
    return most;
  };
}
