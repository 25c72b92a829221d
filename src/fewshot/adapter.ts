import type { Embedding } from "../math/unit.js";
import type { Head } from "./head.js";
import type { MethodName, Settings } from "./methods/method.js";

/** A model that an adapter belongs to: of another revision its vectors mean something else. */
export interface AdapterModel {
  readonly name: string;
  readonly revision: string;
  readonly precision: string;
  readonly dim: number;
  readonly logitScale: number;
}

/** What was learnt from a handful of pictures, and the pictures' vectors themselves, to learn anew when some come or go. */
export interface Adapter {
  readonly model: AdapterModel;
  readonly labels: readonly string[];
  /** Prompt templates of the words that it was trained beside. */
  readonly templates: readonly string[];
  readonly method: MethodName;
  /** What was asked for: `auto`, or a method by its name. */
  readonly asked: MethodName | "auto";
  readonly settings: Settings;
  readonly seed: number;
  readonly head: Head;
  /** Taken from the logits of labels that have pictures. */
  readonly shift: number;
  /** What logits are multiplied with before softmax. */
  readonly scale: number;
  /** Shares right and loss on held-out pictures, of each method that was tried; empty where no label has two: then nothing is held out. */
  readonly heldOut: readonly {
    readonly method: MethodName;
    readonly accuracy: number;
    readonly loss: number;
  }[];
  /** [n] of f32 [dim] */
  readonly features: readonly Embedding[];
  /** [n] position of each picture's label. */
  readonly truth: Int32Array;
  /** [m] of f32 [dim]: pictures without labels that it learnt from. */
  readonly unlabelled?: readonly Embedding[];
}
