// Measured goals: `npm run goals -- NAME [--quick]` prints asked, measured, met; exit code 1 if one is not met. On stderr each figure is
// told when it is measured, so that a run that is ended has not measured in vain.
const GOALS = {
  adapt: () => import("./goals/adapt.mjs"),
  browser: () => import("./goals/browser.mjs"),
  foundation: () => import("./goals/foundation.mjs"),
  languages: () => import("./goals/languages.mjs"),
  points: () => import("./goals/points.mjs"),
  speed: () => import("./goals/speed.mjs"),
  search: () => import("./goals/search.mjs"),
  serve: () => import("./goals/serve.mjs"),
  zeroshot: () => import("./goals/zeroshot.mjs"),
};

const [name, ...rest] = process.argv.slice(2);
if (!Object.hasOwn(GOALS, name ?? "")) {
  console.error(`Expected one of ${Object.keys(GOALS).join(", ")} but received ${name ?? "nothing"}.`);
  process.exit(2);
}

const { measure } = await GOALS[name]();
const rows = [];
for await (const row of measure(rest)) {
  rows.push(row);
  console.error(`${row.goal}: ${row.measured} (asked: ${row.asked})`);
}

const cells = [
  ["goal", "asked", "measured", "met"],
  ...rows.map(({ goal, asked, measured, met }) => [
    goal,
    asked,
    measured,
    met === undefined ? "—" : met ? "yes" : "NO",
  ]),
];
const widths = [0, 1, 2, 3].map((i) => Math.max(...cells.map((row) => row[i].length)));
for (const row of cells)
  console.log(
    row
      .map((cell, i) => cell.padEnd(widths[i]))
      .join("  ")
      .trimEnd(),
  );
process.exit(rows.every(({ met }) => met !== false) ? 0 : 1);
