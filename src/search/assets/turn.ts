/** Lets others on this thread have their turn: between the parts of long work. */
export function turn(): Promise<void> {
  return new Promise((done) => setImmediate(done));
}
