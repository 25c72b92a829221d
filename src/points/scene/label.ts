import type { Clip } from "../../clip.js";
import { ClipError } from "../../errors.js";
import type { Answer } from "../../zeroshot/confidence/answer.js";
import type { LabelInput } from "../../zeroshot/prompts.js";
import { type ClassifyShapesOptions, classifyShapes } from "../classify.js";
import { pointsOf, type Shape } from "../shape.js";
import { boxOf } from "../view/frame.js";
import { plyBytes } from "../write-ply.js";
import { sceneCloud } from "./cloud.js";
import { type SplitOptions, splitScene } from "./split.js";

export interface LabelSceneOptions extends ClassifyShapesOptions, SplitOptions {}

/** A part of a scene and what it is. */
export interface LabelledPart {
  readonly points: number;
  /** In the scene's own numbers. */
  readonly middle: readonly number[];
  readonly sizes: readonly number[];
  readonly answer: Answer;
}

export interface LabelledScene {
  /** The largest first. */
  readonly parts: readonly LabelledPart[];
  /** Points of no part: floor, and what is too small. */
  readonly without: number;
  /** The scene as a PLY file: each label its colour, the rest grey; `label` is 0 for none, else the label's place from 1, which the head's comments name. */
  readonly ply: Uint8Array;
}

const GREY = [150, 150, 150] as const;

/** Colours that are told apart: hues a golden angle from each other, two brightnesses. */
export function labelColour(place: number): readonly [number, number, number] {
  const hue = (place * 137.508) % 360;
  const value = place % 2 === 0 ? 1 : 0.72;
  const channel = (shift: number): number => {
    const k = (shift + hue / 60) % 6;
    return Math.round(255 * value * (1 - 0.85 * Math.max(0, Math.min(k, 4 - k, 1))));
  };
  return [channel(5), channel(3), channel(1)];
}

/** Labels that a point's number in the file can name. */
const MOST_LABELS = 2 ** 16 - 2;

/**
 * A large cloud (or mesh, whose surface is sampled) → its parts with their labels, and the scene coloured by them. A part that abstains is grey. Raises
 * `points.scene`, `labels.*`, `usage.*`, `aborted`.
 */
export async function labelScene(
  clip: Clip,
  scene: Shape,
  labels: readonly LabelInput[],
  options: LabelSceneOptions = {},
): Promise<LabelledScene> {
  if (labels.length > MOST_LABELS)
    throw new ClipError(
      "points.scene",
      `Expected at most ${MOST_LABELS} labels of a scene but received ${labels.length}.`,
    );
  const cloud = sceneCloud(scene, options.up);
  const parts = splitScene(cloud, options);
  const answers = await classifyShapes(
    clip,
    parts.map(({ shape }) => shape),
    labels,
    { ...options, up: "z" },
  );
  const names = labels.map((label) => (typeof label === "string" ? label : label.name));
  const count = pointsOf(cloud);
  const label = new Uint16Array(count);
  const colours = new Uint8Array(3 * count);
  for (let i = 0; i < count; i++) colours.set(GREY, 3 * i);
  const told: LabelledPart[] = [];
  let without = count;
  for (const [i, answer] of answers.entries()) {
    if (answer instanceof ClipError) throw answer;
    const { points, shape } = parts[i]!;
    const best = names.indexOf(answer.predictions[0]!.label);
    without -= points.length;
    const { middle, sizes } = boxOf(shape.positions);
    told.push({
      points: points.length,
      middle: middle.map((value, c) => value + cloud.origin[c]!),
      sizes,
      answer,
    });
    if (answer.abstained) continue;
    const colour = labelColour(best);
    for (const point of points) {
      label[point] = best + 1;
      colours.set(colour, 3 * point);
    }
  }
  const comments = names.map((name, i) => `label ${i + 1} ${name}`);
  return { parts: told, without, ply: plyBytes({ ...cloud, colours }, { label, comments }) };
}
