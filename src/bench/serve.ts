import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Replies, Request } from "./protocol.js";

/** What a process does for each request; `quit` is the pipe's own. */
export type Handlers = {
  readonly [K in Exclude<Request["do"], "quit">]: (
    request: Extract<Request, { do: K }>,
  ) => Promise<Replies[K]>;
};

/** Answers requests, one at a time, until `quit` or the end of the input. */
export async function serve(handlers: Handlers, input: Readable, output: Writable): Promise<void> {
  for await (const line of createInterface({ input })) {
    if (line === "") continue;
    const request = JSON.parse(line) as Request & { id: number };
    if (request.do === "quit") return;
    const answer = handlers[request.do] as (request: Request) => Promise<object>;
    const reply = await answer(request).catch((error: unknown) => ({
      error: error instanceof Error ? error.message : String(error),
    }));
    output.write(`${JSON.stringify({ id: request.id, ...reply })}\n`);
  }
}

/** Repeats a piece of work until `forMs` have passed, once at least. */
export async function repeatFor(
  forMs: number,
  items: number,
  work: () => Promise<unknown>,
): Promise<{ ms: number; items: number }> {
  const began = performance.now();
  let runs = 0;
  do {
    await work();
    runs += 1;
  } while (performance.now() - began < forMs);
  return { ms: performance.now() - began, items: runs * items };
}
