/** Gives the event loop its turn, and with it whoever wants to abort. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => {
    // Browsers have no setImmediate, and Node's timers wait a millisecond longer than it.
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}
