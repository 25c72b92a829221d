import type { Clip } from "../clip.js";
import { ClipError, throwIfAborted } from "../errors.js";
import { dot } from "../math/dot.js";
import { sample, seeded } from "../math/random.js";
import { type Embedding, unit } from "../math/unit.js";
import { createHuggingFaceTokenizer } from "../text/huggingface-tokenizer.js";
import { LEAST_PAIRS, ownScripts, type TextPair } from "./pairs.js";
import { principal, solveTokens } from "./solve.js";
import { designOf, featuresOf, rounded, type Student } from "./student.js";
import { findTokens, tokenizerJson } from "./vocabulary.js";

export interface AlignOptions {
  /** Most tokens that the language gets; default 30,000. */
  readonly tokens?: number;
  /** Numbers a token; default 256, at most the model's vector length. */
  readonly width?: number;
  /** Weight of small token vectors against near texts, in texts; default: the best of a few on pairs that are held out. */
  readonly ridge?: number;
  readonly seed?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: AlignProgress) => void;
}

export interface AlignProgress {
  readonly stage: "texts" | "fit";
  readonly done: number;
  readonly total: number;
}

/** How near a new tower comes to the model's own, on pairs that it did not learn from. */
export interface AlignFigures {
  /** Pairs learnt from, and held out. */
  readonly pairs: { readonly learnt: number; readonly held: number };
  readonly tokens: number;
  /** Mean cosine of the new vector of a text with the model's of the same in its own language. */
  readonly cosine: number;
  /** Share of held-out texts whose own translation is the nearest of all held-out ones, and chance. 0..1 */
  readonly found: number;
  readonly chance: number;
  /** What was chosen on them. */
  readonly power: number;
  readonly ridge: number;
}

/** A tower that reads texts of further scripts into a model's space. */
export interface AlignedTower {
  readonly student: Student;
  /** The content of its tokenizer.json. */
  readonly tokenizer: object;
  readonly scripts: readonly string[];
  readonly figures: AlignFigures;
}

export const MOST_LENGTH = 128;
const TOKENS = 30_000;
const WIDTH = 256;
const SEED = 1;
const RIDGES = [0.3, 1, 3];
const POWERS = [0.5, 1];
const STEPS = 24;
/** Share of the pairs that is held out, and at most how many. */
const HELD = 0.05;
const MOST_HELD = 1_000;
/** Texts by which the directions are found. */
const FOR_DIRECTIONS = 4_000;

/**
 * Teaches a model's text side another language from parallel text: each token of the language gets the vector with which the sums of
 * tokens lie nearest to what the model makes of the same texts in its own language (ridge regression). Equal pairs and seed give equal
 * numbers. Raises `align.pairs`, `align.script`, `usage.align`, `aborted`.
 */
export async function alignTexts(
  clip: Clip,
  pairs: readonly TextPair[],
  options: AlignOptions = {},
): Promise<AlignedTower> {
  const { signal, onProgress, tokens: most = TOKENS, width: asked = WIDTH, seed = SEED } = options;
  for (const [name, value, top] of [
    ["tokens", most, 1_000_000],
    ["width", asked, 4_096],
  ] as const)
    if (!(Number.isInteger(value) && value >= 8 && value <= top))
      throw new ClipError("usage.align", `Expected ${name} from 8 to ${top} but received ${value}.`);
  if (pairs.length < LEAST_PAIRS)
    throw new ClipError(
      "align.pairs",
      `Expected ${LEAST_PAIRS} pairs at least but received ${pairs.length}.`,
    );
  const scripts = ownScripts(pairs, clip.model.knownScripts ?? []);
  const random = seeded(seed);
  const held = new Set(
    sample([...pairs.keys()], Math.min(MOST_HELD, Math.max(20, Math.round(HELD * pairs.length))), seed),
  );
  const targets = await clip.encodeTexts(
    pairs.map(({ known }) => known),
    {
      ...(signal ? { signal } : {}),
      onProgress: ({ done }) => onProgress?.({ stage: "texts", done, total: pairs.length }),
    },
  );
  const learnt = [...pairs.keys()].filter((i) => !held.has(i));
  const tokens = findTokens(
    learnt.map((i) => pairs[i]!.text),
    most,
  );
  const tokenizer = tokenizerJson(tokens);
  const reader = createHuggingFaceTokenizer(tokenizer, { maxLength: MOST_LENGTH, padTokenId: 0 });
  const idsOf = (i: number): number[] => [...reader.encode(pairs[i]!.text).ids];
  const { dim } = clip.model;
  const width = Math.min(asked, dim);
  const { mean, basis } = principal(
    sample(learnt, FOR_DIRECTIONS, seed).map((i) => targets[i]!),
    width,
    random,
  );
  const wanted = new Float32Array(learnt.length * width);
  for (const [row, i] of learnt.entries()) {
    const target = targets[i]!;
    for (let k = 0; k < width; k++) {
      let along = 0;
      for (let d = 0; d < dim; d++) along += basis[k * dim + d]! * (target[d]! - mean[d]!);
      wanted[row * width + k] = along;
    }
  }
  const rows = learnt.map(idsOf);
  const judged = [...held].map((i) => ({ ids: idsOf(i), target: targets[i]! }));
  const ridges = options.ridge === undefined ? RIDGES : [options.ridge];
  const tries = POWERS.flatMap((power) => ridges.map((ridge) => ({ power, ridge })));
  let best: { student: Student; figures: AlignFigures } | undefined;
  for (const [nth, { power, ridge }] of tries.entries()) {
    throwIfAborted(signal);
    const vectors = await solveTokens(designOf(rows, tokens.length + 2, power), wanted, width, {
      ...{ ridge, steps: STEPS, signal },
      onStep: (step) => onProgress?.({ stage: "fit", done: nth * STEPS + step, total: tries.length * STEPS }),
    });
    const student: Student = { ...rounded(vectors, width), width, basis, mean, power };
    const judgedFigures = judge(student, judged);
    if (best === undefined || judgedFigures.cosine > best.figures.cosine)
      best = {
        student,
        figures: {
          pairs: { learnt: learnt.length, held: held.size },
          ...{ tokens: tokens.length, power, ridge, ...judgedFigures },
        },
      };
  }
  return { ...best!, tokenizer, scripts };
}

function judge(
  student: Student,
  pairs: readonly { readonly ids: readonly number[]; readonly target: Embedding }[],
): Pick<AlignFigures, "cosine" | "found" | "chance"> {
  const vectors = pairs.map(({ ids }) => unit(featuresOf(student, ids)));
  let [cosine, found] = [0, 0];
  for (const [i, vector] of vectors.entries()) {
    const own = dot(vector, pairs[i]!.target);
    cosine += own / pairs.length;
    if (pairs.every(({ target }, j) => j === i || dot(vector, target) <= own)) found += 1 / pairs.length;
  }
  return { cosine, found, chance: 1 / pairs.length };
}
