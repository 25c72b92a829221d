// `npm run goals -- browser [--quick] [--only starter,peers]`: zeroclip in headless Chromium, and beside transformers.js there. Says how busy
// the machine was.
import { loadavg } from "node:os";
import { peers } from "./browser-peers.mjs";
import { starter } from "./browser-starter.mjs";
import { partsAsked } from "./parts.mjs";

const PARTS = { starter, peers };

export async function* measure(args) {
  const quick = args.includes("--quick");
  const wanted = partsAsked(PARTS, args);
  const busy = loadavg()[0];
  for (const name of wanted) yield* PARTS[name]({ quick });
  yield {
    goal: "processes that waited for the machine before (load average)",
    asked: "—",
    measured: busy.toFixed(1),
  };
}
