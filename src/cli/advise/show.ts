import type { Accuracy, BatchFigures, Candidate, Figure } from "../../advise/candidate.js";
import { candidateName } from "../../advise/candidate.js";
import { PUBLISHED_WORDS } from "../../advise/candidates.js";
import { bestBatch, type Decision } from "../../advise/choose.js";
import type { Probe } from "../../advise/probe.js";
import type { Resources } from "../../advise/resources.js";
import { duration, memory, percent } from "../../advise/words.js";
import { machineLine } from "../../bench/machine.js";
import { counted } from "../numbers.js";
import { table, wrapped } from "../table.js";

/** How an origin is marked beside a figure; measured ones stand alone. */
const MARKS = { measured: "", estimated: " (estimated)", published: " (published)" } as const;

const marked = (figure: Figure | undefined, show: (value: number) => string): string =>
  figure ? `${show(figure.value)}${MARKS[figure.origin]}` : "?";

function accuracyWords(accuracy: Accuracy | undefined): string {
  if (!accuracy) return "not known";
  const { value, interval, set, pictures, origin } = accuracy;
  if (origin !== "measured") return `${percent(value)} ${set} (${origin})`;
  const range = interval ? ` [${percent(interval.low)}–${percent(interval.high)}]` : "";
  return `${percent(value)}${range} ${set}${pictures === undefined ? "" : `, ${counted(pictures, "picture")}`}`;
}

/** The batch that a candidate is shown at: the choice's own, else its best. */
function shownAt(candidate: Candidate, { choice }: Decision): BatchFigures | undefined {
  return choice?.candidate === candidate ? choice.at : bestBatch(candidate.batches);
}

/** One line of what measuring is worth. */
function machineWords({ machine, runtime, rates, device }: Probe): string {
  const line = machineLine(machine, { "onnxruntime-node": runtime });
  const rate = rates
    ? `plain products of matrices: fp32 ${rates.fp32.toFixed(0)}, int8 ${rates.int8.toFixed(0)} billion operations a second`
    : "its rate is not known";
  return `${line} · ${device} · ${rate}`;
}

const right = { align: "right" } as const;

/** The choice, why, the table, and why the others lose. */
export function adviceWords(
  decision: Decision,
  candidates: readonly Candidate[],
  probe: Probe,
  commands: readonly string[],
): string {
  const { choice, why, losses, onFront } = decision;
  const rows = candidates.map((candidate, i) => {
    const at = shownAt(candidate, decision);
    return [
      choice?.candidate === candidate ? "→" : "",
      candidateName(candidate),
      marked(at?.ms, duration),
      at ? String(at.batch) : "?",
      marked(at?.memoryBytes, memory),
      accuracyWords(candidate.accuracy),
      onFront[i] ? "yes" : "",
      candidate.state,
    ];
  });
  const columns = [
    { title: "" },
    { title: "model" },
    { title: "a picture", ...right },
    { title: "batch", ...right },
    { title: "memory", ...right },
    { title: "accuracy" },
    { title: "Pareto" },
    { title: "state" },
  ];
  const head = choice
    ? [
        `${choice.candidate.model}   precision ${choice.candidate.precision}, batch ${choice.at.batch}, views ${choice.candidate.views}`,
        wrapped(why),
      ]
    : [wrapped(why)];
  const reasons = losses.map(({ candidate, reason }) => wrapped(`  ${candidateName(candidate)}: ${reason}.`));
  return [
    ...head,
    "",
    table(columns, rows),
    "",
    ...(reasons.length > 0 ? [choice ? "Why not the others:" : "Why none:", ...reasons, ""] : []),
    ...commands.map((command) => `  ${command}`),
    ...(commands.length > 0 ? [""] : []),
    ...notes(candidates, probe).map((note) => wrapped(note)),
  ].join("\n");
}

/** How far runs lay apart, and that the machine had other work. */
function spreadWords(candidates: readonly Candidate[], { others }: Probe): string[] {
  const apart = candidates.flatMap(({ batches }) =>
    batches.flatMap(({ ms, slowestMs }) => (slowestMs === undefined ? [] : [slowestMs / ms.value])),
  );
  const busy =
    others === undefined
      ? []
      : [
          `busy: other programs used up to ${(100 * others).toFixed(0)} % of this machine's cores while it was measured; that is measured again the next time`,
        ];
  if (apart.length === 0) return busy;
  return [
    `measured: the fastest of several runs; the slowest took up to ${Math.max(...apart).toFixed(2)} times as long`,
    ...busy,
  ];
}

function notes(candidates: readonly Candidate[], probe: Probe): string[] {
  const figures = candidates.flatMap(({ batches }) => batches.map(({ ms }) => ms.origin));
  const hasEstimates = figures.includes("estimated");
  const hasPublished = candidates.some(({ accuracy }) => accuracy && accuracy.origin !== "measured");
  return [
    ...(hasEstimates
      ? ["estimated: from this machine's rate and the variant's operations, not measured"]
      : []),
    ...(hasPublished ? [PUBLISHED_WORDS] : []),
    ...spreadWords(candidates, probe),
    machineWords(probe),
  ];
}

/** The table of resources. */
export function resourcesWords(rows: readonly Resources[], probe: Probe): string {
  const columns = [
    { title: "model" },
    { title: "memory", ...right },
    { title: "batch 1", ...right },
    { title: "batch 8", ...right },
    { title: "batch 32", ...right },
    { title: "sensible batch", ...right },
    { title: "environment" },
    { title: "article's GPU", ...right },
  ];
  const lines = rows.map(({ candidate, batch, environment, article }) => {
    const at = (size: number) => candidate.batches.find((one) => one.batch === size);
    return [
      candidate.model,
      marked(at(1)?.memoryBytes, memory),
      ...[1, 8, 32].map((size) => marked(at(size)?.ms, duration)),
      batch === undefined ? "?" : String(batch),
      environment ?? "?",
      article ? `${memory(article.memoryBytes)}, ${duration(article.ms)} (published)` : "",
    ];
  });
  return [
    table(columns, lines),
    "",
    ...[
      "Times are of one picture on this machine, memory is that of the process at batch 1; without a mark they were measured here.",
      "estimated: from this machine's rate and the variant's operations, not measured",
      "article's GPU: published, not measured here, on a GPU that the article does not name",
      "environment: edge up to 750 MB and 250 ms a picture, small server up to 3 GB and 2 s (an assumption)",
      ...spreadWords(
        rows.map(({ candidate }) => candidate),
        probe,
      ),
      machineWords(probe),
    ].map((note) => wrapped(note)),
  ].join("\n");
}
