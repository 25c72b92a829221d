import { ClipError, throwIfAborted } from "../../errors.js";
import { seeded } from "../../math/random.js";
import { erased } from "../typographic/erase.js";
import { writable } from "../typographic/font.js";
import { CARD, type Sticker, stuck } from "../typographic/stick.js";
import { type MeasureListener, passesOf, type Rate, rateOf } from "./rate.js";
import { answersTo, type Scene } from "./scene.js";

/** What an attacker may choose among: places, sizes, with and without a card. */
const STICKERS: readonly Sticker[] = [
  CARD,
  { style: "card", width: 0.9, top: 0.5, left: 0.5 },
  { style: "card", width: 0.35, top: 0.2, left: 0.3 },
  { style: "bare", width: 0.9, top: 0.5, left: 0.5 },
  { style: "bare", width: 0.6, top: 0.68, left: 0.5 },
  { style: "bare", width: 0.35, top: 0.85, left: 0.7 },
];

/** Shares of pictures under one kind of writing. */
export interface WritingFigures {
  /** Answered with the word that is written. */
  readonly fooled: Rate;
  /** Answered rightly. */
  readonly right: Rate;
}

export interface TypographicFigures {
  readonly pictures: number;
  readonly clean: { readonly plain: Rate; readonly defended: Rate };
  /** A card without a word: how often the word would have been answered anyway. */
  readonly emptyCard: WritingFigures;
  /** One card in one place. */
  readonly card: { readonly plain: WritingFigures; readonly defended: WritingFigures };
  /** The attacker takes what works of several stickers, knowing the defence. */
  readonly chosen: { readonly plain: WritingFigures; readonly defended: WritingFigures };
}

/**
 * A wrong label written on each picture (Goh et al. 2021, "Multimodal neurons"), drawn by the seed, against the tower as it is and
 * behind what paints writing over. Raises `robust.labels` where no two labels can be written, `aborted`, `runtime.*`.
 */
export async function measureTypographic(
  scene: Scene,
  { signal, onProgress }: MeasureListener = {},
): Promise<TypographicFigures> {
  const words = scene.labels.map(writable);
  const written = words.flatMap((word, label) => (word === "" ? [] : [label]));
  if (written.length < 2) {
    const message = `Expected two labels that can be written in Latin letters but ${written.length} of ${words.length} can.`;
    throw new ClipError("robust.labels", message);
  }
  const random = seeded(scene.seed);
  const wrong = scene.truth.map((truth) => {
    const others = written.filter((label) => label !== truth);
    return others[Math.floor(random() * others.length)]!;
  });
  // Clean pictures with and without the defence, an empty card, and each sticker with and without.
  const passes = passesOf([3 + 2 * STICKERS.length], { onProgress });
  const ask = async (sticker: Sticker | undefined, defended: boolean, empty = false): Promise<number[]> => {
    throwIfAborted(signal);
    const found = await answersTo(scene, scene.squares, (square, i) => {
      const card = sticker ? stuck(square, empty ? "" : words[wrong[i]!]!, sticker) : square;
      return defended ? erased(card) : card;
    });
    passes.pass();
    return found;
  };
  const figures = (found: readonly number[]): WritingFigures => ({
    fooled: rateOf(found.map((answer, i) => answer === wrong[i])),
    right: rateOf(found.map((answer, i) => answer === scene.truth[i])),
  });
  const rightOf = (found: readonly number[]): Rate => figures(found).right;
  const clean = {
    plain: rightOf(await ask(undefined, false)),
    defended: rightOf(await ask(undefined, true)),
  };
  const emptyCard = figures(await ask(CARD, false, true));
  const tried = { plain: [] as number[][], defended: [] as number[][] };
  for (const sticker of STICKERS) {
    tried.plain.push(await ask(sticker, false));
    tried.defended.push(await ask(sticker, true));
  }
  const best = (all: readonly (readonly number[])[]): WritingFigures =>
    figures(
      wrong.map(
        (word, i) =>
          all.map((found) => found[i]!).find((answer) => answer === word) ?? worst(all, i, scene.truth[i]!),
      ),
    );
  return {
    pictures: scene.squares.length,
    clean,
    emptyCard,
    card: { plain: figures(tried.plain[0]!), defended: figures(tried.defended[0]!) },
    chosen: { plain: best(tried.plain), defended: best(tried.defended) },
  };
}

/** A wrong answer that some sticker got, else the right one. */
function worst(all: readonly (readonly number[])[], i: number, truth: number): number {
  return all.map((found) => found[i]!).find((answer) => answer !== truth) ?? truth;
}
