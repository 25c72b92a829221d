import type { Measure, Measured } from "./contender.js";
import { kindOf, type Machine, type MachineKind, machineLine } from "./machine.js";
import type { Measurements } from "./rounds.js";
import { type Figure, figure, short, timesFaster, withSpread } from "./statistics.js";

/** What was asked for, kept beside the figures. */
export interface BenchSettings {
  readonly rounds: number;
  readonly coldRounds: number;
  readonly seconds: number;
  readonly batches: readonly number[];
  readonly threads: number | "all";
  readonly pictures: number;
  readonly texts: number;
}

/** One contender's figures. Times in ms (of a picture or prompt, where the measure is of many), memory in bytes. */
export interface ContenderReport {
  readonly name: string;
  readonly own: boolean;
  readonly figures: Readonly<Partial<Record<Measure, Figure>>>;
  readonly versions: Readonly<Record<string, string>>;
  readonly precision?: string;
  /** Bytes of the model's files. */
  readonly diskBytes?: number;
  /** Multiplications and additions of the image tower for one picture. */
  readonly operations?: number;
  /** Share of the processor's peak that the image tower reaches at its best batch. */
  readonly ofPeak?: { readonly fp32: number; readonly int8: number };
  /** How many times as long as the first contender the image tower takes, round by round, by batch. */
  readonly timesFirst?: Readonly<Record<string, Figure>>;
  /** Least cosine of its vectors to the first contender's; only where all hold the same weights. */
  readonly worstCosine?: number;
  readonly failed?: string;
}

export interface BenchReport {
  readonly machine: Machine;
  readonly kind: MachineKind;
  readonly versions: Readonly<Record<string, string>>;
  /** When the run ended, ISO 8601. */
  readonly when: string;
  readonly settings: BenchSettings;
  /** Billions of operations a second of plain products of matrices. */
  readonly peak: { readonly fp32: Figure; readonly int8: Figure };
  readonly contenders: readonly ContenderReport[];
}

/** All that is known of a run → its report. */
export function makeReport(
  { contenders, peak }: Measurements,
  facts: Pick<BenchReport, "machine" | "versions" | "when" | "settings">,
): BenchReport {
  const peaks = { fp32: figure(peak.fp32), int8: figure(peak.int8) };
  const versions = Object.assign({}, facts.versions, ...contenders.map((contender) => contender.versions));
  return {
    ...facts,
    versions,
    kind: kindOf(facts.machine),
    peak: peaks,
    contenders: contenders.map((contender, i) =>
      reportOf(contender, i === 0 ? undefined : contenders[0], peaks, facts.settings.batches),
    ),
  };
}

function reportOf(
  { name, own, samples, versions, facts, worstCosine, failed }: Measured,
  first: Measured | undefined,
  peak: BenchReport["peak"],
  batches: readonly number[],
): ContenderReport {
  const figures = Object.fromEntries(
    Object.entries(samples as Readonly<Record<string, readonly number[]>>).map(([measure, values]) => [
      measure,
      figure(values),
    ]),
  ) as ContenderReport["figures"];
  const best = Math.min(...batches.map((batch) => figures[`b${batch}`]?.median ?? Number.POSITIVE_INFINITY));
  // Operations a millisecond, in billions a second.
  const speed = facts && Number.isFinite(best) ? facts.operations / best / 1e6 : undefined;
  const ratios = batches.flatMap((batch) => {
    const [mine, theirs] = [samples[`b${batch}`], first?.samples[`b${batch}`]];
    return mine?.length && theirs?.length ? [[`b${batch}`, timesFaster(mine, theirs)] as const] : [];
  });
  return {
    name,
    own,
    figures,
    versions,
    ...(facts
      ? { precision: facts.precision, diskBytes: facts.diskBytes, operations: facts.operations }
      : {}),
    ...(speed === undefined
      ? {}
      : { ofPeak: { fp32: speed / peak.fp32.median, int8: speed / peak.int8.median } }),
    ...(ratios.length > 0 ? { timesFirst: Object.fromEntries(ratios) } : {}),
    ...(worstCosine === undefined ? {} : { worstCosine }),
    ...(failed === undefined ? {} : { failed }),
  };
}

/** Titles and cells of the report's table; every cell is a median and how far its rounds went from it. */
export function tableOf({ contenders, settings }: BenchReport): { titles: string[]; rows: string[][] } {
  const scaled = (found: Figure | undefined, by: number): string =>
    found
      ? withSpread({ ...found, median: found.median * by, low: found.low * by, high: found.high * by })
      : "—";
  const compared = contenders.some(({ timesFirst }) => timesFirst !== undefined);
  const lastBatch = `b${settings.batches.at(-1)}` as const;
  const columns: (readonly [string, (contender: ContenderReport) => string])[] = [
    ["", ({ name, failed }) => (failed === undefined ? name : `${name} (failed)`)],
    ["load ms", ({ figures }) => scaled(figures.load, 1)],
    ["first answer s", ({ figures }) => scaled(figures.cold, 1e-3)],
    ...settings.batches.map(
      (batch) =>
        [`image b${batch} ms`, ({ figures }: ContenderReport) => scaled(figures[`b${batch}`], 1)] as const,
    ),
    ...(compared
      ? [
          [
            `× first, ${lastBatch}`,
            ({ timesFirst }: ContenderReport) =>
              timesFirst?.[lastBatch] ? `${short(timesFirst[lastBatch].median)}×` : "—",
          ] as const,
        ]
      : []),
    ...(contenders.some(({ worstCosine }) => worstCosine !== undefined)
      ? [["worst cosine", ({ worstCosine }: ContenderReport) => worstCosine?.toFixed(4) ?? "—"] as const]
      : []),
    ["of fp32 peak", ({ ofPeak }) => (ofPeak ? `${Math.round(100 * ofPeak.fp32)} %` : "—")],
    ["of int8 peak", ({ ofPeak }) => (ofPeak ? `${Math.round(100 * ofPeak.int8)} %` : "—")],
    ["text ms", ({ figures }) => scaled(figures.text, 1)],
    ["file → vector ms", ({ figures }) => scaled(figures.files, 1)],
    ["memory MB", ({ figures }) => scaled(figures.resident, 1e-6)],
    ["files MB", ({ diskBytes }) => (diskBytes === undefined ? "—" : short(diskBytes / 1e6))],
  ];
  return {
    titles: columns.map(([title]) => title),
    rows: contenders.map((contender) => columns.map(([, cell]) => cell(contender))),
  };
}

/** The lines under the table. */
export function notesOf({ peak, settings, contenders, versions, machine }: BenchReport): string[] {
  const { rounds, coldRounds, seconds, threads, pictures, texts } = settings;
  const failed = contenders.flatMap(({ failed: why }) => (why === undefined ? [] : [why]));
  return [
    machineLine(machine, versions),
    `Plain products of matrices here: fp32 ${withSpread(peak.fp32)}, int8 ${withSpread(peak.int8)} billion operations a second.`,
    `Medians of ${rounds} interleaved rounds (starting: ${coldRounds}) with the farthest round's distance; ${seconds} s a figure, ${threads} threads, ${pictures} pictures, ${texts} texts.`,
    ...failed,
  ];
}

/** The report as a Markdown table and its notes. */
export function markdownOf(report: BenchReport): string {
  const { titles, rows } = tableOf(report);
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [
    line(titles),
    line(titles.map((_, i) => (i === 0 ? "---" : "---:"))),
    ...rows.map(line),
    "",
    ...notesOf(report).map((note) => `- ${note}`),
    "",
  ].join("\n");
}
