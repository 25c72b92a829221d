// Goals of trustworthy answers, most of them for the starter: `npm run goals -- zeroshot [--only prompts,cascade]`.
import { advise } from "./zeroshot-advise.mjs";
import { confidence } from "./zeroshot-confidence.mjs";
import { hostile } from "./zeroshot-hostile.mjs";
import { cascade, ensembles } from "./zeroshot-members.mjs";
import { prompts } from "./zeroshot-prompts.mjs";
import { resume } from "./zeroshot-resume.mjs";

/** What takes time first: a machine that did much a while ago is slower. */
const PARTS = { cascade, prompts, confidence, ensembles, resume, advise, hostile };

/** `--only a,b` → the parts asked for; without it all of them. */
function asked(args) {
  const at = args.indexOf("--only");
  if (at < 0) return Object.keys(PARTS);
  const names = (args[at + 1] ?? "").split(",").map((name) => name.trim());
  const unknown = names.find((name) => !Object.hasOwn(PARTS, name));
  if (unknown === undefined) return names;
  throw new Error(
    `Expected some of ${Object.keys(PARTS).join(", ")} after --only but received "${unknown}".`,
  );
}

export async function* measure(args) {
  for (const name of asked(args)) {
    const began = performance.now();
    for await (const row of PARTS[name]()) {
      // The table comes at the end: who waits sees here that it goes on.
      console.error(`${row.met === false ? "NOT MET  " : ""}${row.goal}: ${row.measured}`);
      yield row;
    }
    console.error(`(${name}: ${((performance.now() - began) / 1000).toFixed(0)} s)`);
  }
}
