// `npm run goals -- browser [--quick] [--only starter,peers]`: zeroclip in headless Chromium, and beside transformers.js there. Says how busy
// the machine was.
import { loadavg } from "node:os";
import { peers } from "./browser-peers.mjs";
import { starter } from "./browser-starter.mjs";

const PARTS = { starter, peers };

export async function* measure(args) {
  const quick = args.includes("--quick");
  const at = args.indexOf("--only");
  const wanted = at < 0 ? Object.keys(PARTS) : (args[at + 1] ?? "").split(",");
  const unknown = wanted.find((name) => !Object.hasOwn(PARTS, name));
  if (unknown !== undefined)
    throw new Error(`Expected one of ${Object.keys(PARTS).join(", ")} but received "${unknown}".`);
  const busy = loadavg()[0];
  for (const name of wanted) yield* PARTS[name]({ quick });
  yield {
    goal: "processes that waited for the machine before (load average)",
    asked: "—",
    measured: busy.toFixed(1),
  };
}
