// `eval` of three models on three sets, killed in the middle and started again: what was computed is used, and the figures are
// those of a run that nobody killed.
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { chestXray, cifar10, clothing } from "./data.mjs";
import { start, zeroclip } from "./zeroshot-command.mjs";
import { cutModel } from "./zeroshot-cut.mjs";

/** Three sets of about fifty pictures: that it goes on is the point, not how good the models are. */
const SETS = [
  ["x-rays", chestXray, 6],
  ["clothes", () => clothing("test"), 8],
  ["cifar", cifar10, 20],
];

/** Every so many-th picture of a set. */
function thinned(source, target, every) {
  for (const name of readdirSync(source)) {
    mkdirSync(join(target, name), { recursive: true });
    const files = readdirSync(join(source, name)).sort();
    for (const [i, file] of files.entries()) {
      if (i % every === 0) copyFileSync(join(source, name, file), join(target, name, file));
    }
  }
}

/** Files of one part of a run's folder, with what is in them. */
function part(run, name) {
  const folder = join(run, name);
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => !file.includes("partial")) : [];
  return new Map(files.map((file) => [file, readFileSync(join(folder, file))]));
}

/** Finished cells after which it is killed: four of nine, so that one is at work. */
const CELLS = 4;
/** Longest record of a vector log that a kill may cut, bytes. */
const RECORD = 4 * (1512 + 3);

/** Starts, and kills once enough cells are written and the next one's vectors grow. */
async function killed(args, home, run) {
  const { child, done } = start(args, { home });
  const bytes = () => [...part(run, "vectors").values()].reduce((sum, file) => sum + file.length, 0);
  let atCells = 0;
  while (child.exitCode === null) {
    if (part(run, "cells").size >= CELLS) {
      atCells ||= bytes();
      if (bytes() > atCells + 8 * RECORD) break;
    }
    await sleep(20);
  }
  const finished = child.exitCode !== null;
  child.kill("SIGKILL");
  await done;
  return !finished;
}

/** Figures that don't hang on the clock. */
const figures = ({ stdout }) =>
  JSON.parse(stdout).models.map(({ model, set, images, top1, top5, meanPerClass, ece }) =>
    JSON.stringify({ model, set, images, top1, top5, meanPerClass, ece }),
  );

/** True where the vectors of before are the first ones of after, up to a record that was cut. */
function goesOn(before, after) {
  return [...before].every(([name, bytes]) => {
    const now = after.get(name);
    if (!now) return false;
    let same = 0;
    while (same < bytes.length && bytes[same] === now[same]) same += 1;
    return bytes.length - same < RECORD;
  });
}

async function* measured(folder) {
  const sets = SETS.map(([name, source, every]) => {
    thinned(source(), join(folder, name), every);
    return join(folder, name);
  });
  const models = ["starter", await cutModel("lite2", 260), await cutModel("lite1", 192)].join(",");
  const home = join(folder, "home");
  const args = (run) => [
    ...["eval", ...sets, "--model", models, "--json"],
    ...["--run", join(folder, run), "--report", join(folder, `${run}.html`)],
  ];
  const whole = await zeroclip(args("whole"), { home });
  const report = readFileSync(join(folder, "whole.html"), "utf8");
  const cells = figures(whole);
  yield {
    goal: "eval of 3 models × 3 sets with report",
    asked: "9 cells, one HTML file",
    measured: `${cells.length} cells, ${(report.length / 1e6).toFixed(1)} MB, ${whole.seconds.toFixed(0)} s`,
    met: cells.length === 9 && report.includes("</html>") && SETS.every(([name]) => report.includes(name)),
  };

  const run = join(folder, "killed");
  const inTime = await killed(args("killed"), home, run);
  const before = { cells: part(run, "cells"), vectors: part(run, "vectors") };
  const again = await zeroclip(args("killed"), { home });
  const after = { cells: part(run, "cells"), vectors: part(run, "vectors") };
  const kept = [...before.cells].every(([name, bytes]) => after.cells.get(name)?.equals(bytes));
  const share =
    [...before.vectors.values()].reduce((sum, { length }) => sum + length, 0) /
    [...after.vectors.values()].reduce((sum, { length }) => sum + length, 0);
  yield {
    goal: "… killed (SIGKILL) and started again",
    asked: "goes on where it was",
    measured: `killed with ${before.cells.size} of 9 cells and ${(100 * share).toFixed(0)} % of the vectors, which were used; ${again.seconds.toFixed(0)} s for the rest`,
    met:
      inTime &&
      before.cells.size < 9 &&
      kept &&
      goesOn(before.vectors, after.vectors) &&
      /Going on where the run was ended/.test(again.stderr),
  };
  const same = figures(again).filter((cell, i) => cell === cells[i]).length;
  yield {
    goal: "… its figures",
    asked: "those of the run that nobody killed",
    measured: `${same} of ${cells.length} cells the same to the last digit`,
    met: same === 9,
  };
}

export async function* resume() {
  const folder = mkdtempSync(join(tmpdir(), "zeroclip-resume-"));
  try {
    yield* measured(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
