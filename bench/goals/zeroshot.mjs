// Goals of trustworthy answers, most of them for the starter: `npm run goals -- zeroshot [--only prompts,cascade]`.

import { partsAsked } from "./parts.mjs";
import { advise } from "./zeroshot-advise.mjs";
import { confidence } from "./zeroshot-confidence.mjs";
import { hostile } from "./zeroshot-hostile.mjs";
import { cascade, ensembles } from "./zeroshot-members.mjs";
import { prompts } from "./zeroshot-prompts.mjs";
import { resume } from "./zeroshot-resume.mjs";

/** What takes time first: a machine that did much a while ago is slower. */
const PARTS = { cascade, prompts, confidence, ensembles, resume, advise, hostile };

export async function* measure(args) {
  for (const name of partsAsked(PARTS, args)) {
    const began = performance.now();
    for await (const row of PARTS[name]()) {
      // The table comes at the end: who waits sees here that it goes on.
      console.error(`${row.met === false ? "NOT MET  " : ""}${row.goal}: ${row.measured}`);
      yield row;
    }
    console.error(`(${name}: ${((performance.now() - began) / 1000).toFixed(0)} s)`);
  }
}
