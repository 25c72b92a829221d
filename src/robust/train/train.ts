import { rm } from "node:fs/promises";
import { ClipError, throwIfAborted } from "../../errors.js";
import { seeded } from "../../math/random.js";
import { pixelsOf } from "../squares.js";
import { batchOf } from "../victim.js";
import { adam, rateAt, zeros } from "./adam.js";
import type { Batch, Machine } from "./machine.js";
import type { TrainSettings } from "./options.js";
import { copied, type Look, readState, type TrainingKey, type TrainState, writeState } from "./state.js";
import { varied } from "./varied.js";

/** Pictures that a training learns from and looks at; squares u8 [size, size, 3]. */
export interface TrainData {
  readonly squares: readonly Uint8Array[];
  /** Places of the pictures that are learnt from, and of those that are held out. */
  readonly learnt: readonly number[];
  readonly heldOut: readonly number[];
}

export interface TrainProgress {
  readonly done: number;
  readonly total: number;
  /** Mean loss of the last batch; at a look that of the held-out pictures, attacked. */
  readonly loss: number;
  readonly look?: Look;
}

export interface TrainListener {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: TrainProgress) => void) | undefined;
}

/** Where a training is kept, and what it is known by. */
export interface Kept {
  readonly path: string;
  readonly key: TrainingKey;
}

/** Between two times that a training is kept, ms: what a stop costs at most. */
const KEEP_EVERY_MS = 60_000;

/**
 * Trains weights, in the arrays of `state`, until the updates are done or held-out pictures gain no more; the best of all looks is in
 * `state.best`. A stopped training goes on where it was kept, to the same numbers. Raises `robust.training` where the loss is no
 * number any more, `aborted` after it was kept.
 */
export async function train(
  machine: Machine,
  data: TrainData,
  settings: TrainSettings,
  state: TrainState,
  kept: Kept,
  { signal, onProgress }: TrainListener = {},
): Promise<void> {
  readState(kept.path, kept.key, state);
  const { updates, batch, patience } = settings;
  let keptAt = performance.now();
  try {
    // Whatever is aborted in its middle is done anew, and to the same numbers: weights change last, looks are kept last.
    while (!isOver(state.looks, patience)) {
      throwIfAborted(signal);
      const at = { done: state.update, total: updates };
      if (wantsLook(state, settings)) {
        const look = await lookAt(machine, data, settings, state);
        onProgress?.({ ...at, loss: look.attacked, look });
      } else if (state.update < updates) {
        const loss = await update(machine, data, settings, state);
        if (!Number.isFinite(loss)) throw diverged(state.update, settings.rate);
        state.update += 1;
        onProgress?.({ ...at, done: state.update, loss: loss / batch });
      } else break;
      if (performance.now() - keptAt < KEEP_EVERY_MS) continue;
      await writeState(kept.path, kept.key, state);
      keptAt = performance.now();
    }
  } catch (error) {
    if (!(error instanceof ClipError && error.code === "aborted")) throw error;
    await writeState(kept.path, kept.key, state);
    const message = `Stopped after ${state.update} of ${updates} updates, kept in ${kept.path}: the same call goes on from there.`;
    throw new ClipError("aborted", message, { cause: error });
  }
}

/** Takes away what was kept of a training that has become a model. */
export async function forget({ path }: Kept): Promise<void> {
  await rm(path, { force: true });
}

function diverged(update: number, rate: number): ClipError {
  return new ClipError(
    "robust.training",
    `Expected a finite loss but update ${update} gave none: a lower rate than ${rate} may train.`,
  );
}

/** One batch, attacked and learnt from; returns the sum of its losses. */
async function update(
  machine: Machine,
  data: TrainData,
  settings: TrainSettings,
  state: TrainState,
): Promise<number> {
  const { seed, batch, epsilon, attackSteps, cleanShare, updates, rate } = settings;
  const random = seeded(seed * 1_000_003 + state.update);
  const places = batchAt(data.learnt, state.update * batch, batch, seed);
  const clean = Math.round(cleanShare * places.length);
  const gradients = zeros(state.weights);
  let loss = 0;
  const most = batchOf(settings.size);
  for (let from = 0; from < places.length; from += most) {
    const part = places.slice(from, from + most);
    const pixels = pixelsOf(part.map((place) => varied(data.squares[place]!, settings.size, random)));
    // The first of a batch are not attacked.
    const unharmed = Math.max(0, Math.min(part.length, clean - from));
    const each = pixels.length / part.length;
    const attacked = { pixels: pixels.subarray(unharmed * each), places: part.slice(unharmed) };
    if (attacked.places.length > 0) {
      const budget = { norm: "linf" as const, epsilon };
      pixels.set(
        await machine.attack(attacked, state.weights, budget, attackSteps, Math.floor(random() * 2 ** 31)),
        unharmed * each,
      );
    }
    loss += await machine.learn({ pixels, places: part }, state.weights, gradients);
  }
  for (const values of gradients.values())
    for (let i = 0; i < values.length; i++) values[i]! /= places.length;
  adam(state.weights, gradients, state.moments, state.update + 1, rateAt(state.update, updates, rate));
  return loss;
}

/** True after so many updates, and after the last one, where nobody has looked yet. */
function wantsLook({ update, looks }: TrainState, { lookEvery, updates }: TrainSettings): boolean {
  const due = update > 0 && (update % lookEvery === 0 || update === updates);
  return due && looks.at(-1)?.update !== update;
}

/** Losses of the held-out pictures, attacked anew and as they are; keeps the weights where they are the best yet. */
async function lookAt(
  machine: Machine,
  data: TrainData,
  settings: TrainSettings,
  state: TrainState,
): Promise<Look> {
  let [attacked, clean] = [0, 0];
  const most = batchOf(settings.size);
  for (let from = 0; from < data.heldOut.length; from += most) {
    const places = data.heldOut.slice(from, from + most);
    const batch: Batch = { places, pixels: pixelsOf(places.map((place) => data.squares[place]!)) };
    clean += await machine.loss(batch, state.weights);
    const budget = { norm: "linf" as const, epsilon: settings.epsilon };
    const pixels = await machine.attack(batch, state.weights, budget, settings.attackSteps, from + 1);
    attacked += await machine.loss({ places, pixels }, state.weights);
  }
  const count = Math.max(1, data.heldOut.length);
  const look = { update: state.update, attacked: attacked / count, clean: clean / count };
  if (state.looks.every((earlier) => scoreOf(look) < scoreOf(earlier))) state.best = copied(state.weights);
  state.looks.push(look);
  return look;
}

/** What a look is judged by: attacked and clean pictures count alike. */
function scoreOf({ attacked, clean }: Look): number {
  return attacked + clean;
}

/** True where the last looks gained nothing. */
function isOver(looks: readonly Look[], patience: number): boolean {
  const scores = looks.map(scoreOf);
  return (
    scores.length > patience &&
    Math.min(...scores.slice(-patience)) >= Math.min(...scores.slice(0, -patience))
  );
}

/** Places of the pictures from a position on in an endless row of shuffles. */
function batchAt(learnt: readonly number[], from: number, count: number, seed: number): number[] {
  const shuffles = new Map<number, readonly number[]>();
  return Array.from({ length: count }, (_, i) => {
    const at = from + i;
    const round = Math.floor(at / learnt.length);
    if (!shuffles.has(round)) shuffles.set(round, shuffled(learnt, seed * 7919 + round));
    return shuffles.get(round)![at % learnt.length]!;
  });
}

function shuffled(places: readonly number[], seed: number): number[] {
  const random = seeded(seed);
  return places
    .map((place) => ({ place, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ place }) => place);
}
