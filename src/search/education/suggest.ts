import type { Encoder } from "../../encoder.js";
import { ClipError, throwIfAborted } from "../../errors.js";
import { dot } from "../../math/dot.js";
import { judgeOf, type VectorPart } from "../find/relevance.js";
import type { Facts } from "../row.js";
import type { Filter } from "../store/filter.js";
import type { Match, Store } from "../store/store.js";
import { type Passage, wordsOf } from "./passages.js";
import { tells } from "./words.js";

export interface SuggestOptions {
  readonly filter?: Filter;
  /** Least relevance, 0..1, of a picture; default 0.067, as in search. */
  readonly least?: number;
  /** Cosine with a chosen picture from which on another is too like it; default 0.9. */
  readonly alike?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** A word of a passage that its picture shows. */
export interface FittingWord {
  readonly word: string;
  /** By how much its cosine with the picture is above the mean of its cosines with other passages' candidates. */
  readonly lift: number;
}

export interface Suggestion {
  readonly passage: Passage;
  /** Undefined: no picture fits well enough, or each that does was taken. */
  readonly picture?: {
    readonly row: Facts;
    /** The probability that it fits, 0..1; null: not known. */
    readonly relevance: number | null;
    readonly similarity: number;
    /** Best first; at most three. */
    readonly words: readonly FittingWord[];
  };
}

/** Candidates a passage. */
const CANDIDATES = 60;
const LEAST = 0.067;
const ALIKE = 0.9;
/** Bits of 64 below which two perceptual hashes are of one picture. */
const SAME_BITS = 8;
const WORDS = 3;
/** Candidates of each other passage that words are compared with. */
const COMPARED = 10;

interface Candidate {
  readonly row: Facts;
  readonly vector: Float32Array;
  readonly similarity: number;
}

function differing(a: string, b: string): number {
  const bits = (BigInt(`0x${a}`) ^ BigInt(`0x${b}`)).toString(2);
  return bits.replaceAll("0", "").length;
}

/** True where one of the chosen is the same picture, or so like it that the lesson would show it twice. */
function isTaken(one: Candidate, chosen: readonly Candidate[], alike: number): boolean {
  return chosen.some(
    ({ row, vector }) =>
      row.path === one.row.path ||
      row.hash === one.row.hash ||
      differing(row.perceptual, one.row.perceptual) <= SAME_BITS ||
      dot(vector, one.vector) >= alike,
  );
}

async function candidatesOf(store: Store, matches: readonly Match[]): Promise<Candidate[]> {
  const ids = matches.map(({ id }) => id);
  const [facts, vectors] = await Promise.all([store.get(ids), store.get(ids, ["vector"])]);
  return matches.flatMap(({ similarity }, i): Candidate[] => {
    const [row, vector] = [facts[i], vectors[i]?.vector];
    return row && vector && !row.blank ? [{ row, vector, similarity }] : [];
  });
}

function fittingWords(
  words: ReadonlyMap<string, Float32Array>,
  chosen: Candidate,
  others: readonly Candidate[],
): FittingWord[] {
  return [...words]
    .map(([word, vector]) => {
      const mean = others.reduce((sum, one) => sum + dot(one.vector, vector), 0) / Math.max(1, others.length);
      return { word, lift: dot(chosen.vector, vector) - mean };
    })
    .filter(({ lift }) => lift > 0)
    .sort((a, b) => b.lift - a.lift)
    .slice(0, WORDS);
}

/** The words of a passage that could be shown, each once, and their vectors. */
async function encodedWords(encoder: Encoder, passages: readonly Passage[], signal: AbortSignal | undefined) {
  const each = passages.map(({ text }) =>
    [...new Set(wordsOf(text).map((word) => word.toLowerCase()))].filter(tells),
  );
  const all = [...new Set(each.flat())];
  const vectors = await encoder.encodeTexts(
    all.map((word) => `a photo of ${word}`),
    { names: all, ...(signal ? { signal } : {}) },
  );
  const by = new Map(all.map((word, i) => [word, vectors[i]!]));
  return each.map((words) => new Map(words.map((word) => [word, by.get(word)!])));
}

/**
 * A picture for each passage of a lesson: the most relevant one that no passage before was given and that is not like one of those.
 * Passages whose best picture is most probable choose first. Raises `search.options` and what the store and the model do.
 */
export async function suggestPictures(
  store: Store,
  encoder: Encoder,
  passages: readonly Passage[],
  options: SuggestOptions = {},
): Promise<Suggestion[]> {
  const { filter, least = LEAST, alike = ALIKE, signal, onProgress } = options;
  if (!(least >= 0 && least <= 1) || !(alike > -1 && alike <= 1.01)) {
    throw new ClipError(
      "search.options",
      `Expected a least relevance of 0 to 1 and a likeness of −1 to 1 but received ${least} and ${alike}.`,
    );
  }
  const queries = await encoder.encodeTexts(
    passages.map(({ text }) => text),
    { onWarning: () => {}, ...(signal ? { signal } : {}) },
  );
  const words = await encodedWords(encoder, passages, signal);
  const found: { at: number; judged: (Candidate & { relevance: number | null })[] }[] = [];
  for (const [at, vector] of queries.entries()) {
    throwIfAborted(signal);
    const [matches] = await store.nearest([vector], { k: CANDIDATES, ...(filter ? { filter } : {}) });
    const part: VectorPart = { kind: "text", weight: 1, vector };
    const judge = await judgeOf(store, encoder, [part], signal);
    const judged = (await candidatesOf(store, matches!)).map((one) => ({
      ...one,
      relevance: judge(one.vector),
    }));
    const fits = judged.filter(({ relevance }) => relevance === null || relevance >= least);
    found.push({
      at,
      judged: fits.sort((a, b) => (b.relevance ?? 0) - (a.relevance ?? 0) || b.similarity - a.similarity),
    });
    onProgress?.({ done: at + 1, total: passages.length });
  }
  const best = ({ judged }: (typeof found)[number]): number =>
    judged[0]?.relevance ?? judged[0]?.similarity ?? -1;
  const chosen: Candidate[] = [];
  const results = passages.map((passage): Suggestion => ({ passage }));
  for (const { at, judged } of found.toSorted((a, b) => best(b) - best(a))) {
    const picture = judged.find((one) => !isTaken(one, chosen, alike));
    if (picture === undefined) continue;
    chosen.push(picture);
    const { row, relevance, similarity } = picture;
    // What other passages might be shown: candidates of the same one all show its words.
    const elsewhere = found.flatMap((other) => (other.at === at ? [] : other.judged.slice(0, COMPARED)));
    const others = elsewhere.length > 0 ? elsewhere : judged.filter((one) => one.row.id !== row.id);
    const fitting = fittingWords(words[at]!, picture, others);
    results[at] = { passage: passages[at]!, picture: { row, relevance, similarity, words: fitting } };
  }
  return results;
}
