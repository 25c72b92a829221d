// Goals of search: `npm run goals -- search [--quick] [--only index,find,assets,workers,page]`.

import { partsAsked } from "./parts.mjs";
import { measure as assets } from "./search-assets.mjs";
import { measure as find } from "./search-find.mjs";
import { index } from "./search-index.mjs";
import { measure as page } from "./search-page.mjs";
import { measure as workers } from "./search-workers.mjs";

const flags = ({ quick }) => (quick ? ["--quick"] : []);
const PARTS = {
  index,
  find: () => find(),
  assets: (options) => assets(flags(options)),
  workers: (options) => workers(flags(options)),
  page,
};

export async function* measure(args) {
  const quick = args.includes("--quick");
  for (const name of partsAsked(PARTS, args)) {
    const began = performance.now();
    for await (const row of PARTS[name]({ quick })) {
      console.error(`${row.met === false ? "NOT MET  " : ""}${row.goal}: ${row.measured}`);
      yield row;
    }
    console.error(`(${name}: ${((performance.now() - began) / 1000).toFixed(0)} s)`);
  }
}
