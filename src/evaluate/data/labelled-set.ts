import type { ImageInput } from "../../image/sources.js";
import type { SetLabel } from "../../zeroshot/label.js";
import type { LabelInput } from "../../zeroshot/prompts.js";
import type { LabelledClass } from "../labelled-folder.js";

/** One class of a set. */
export interface SetClass {
  /** What the set calls it: a folder's name, a word of a manifest. */
  readonly id: string;
  /** What results call it and, without an entry, the words that go into the prompt. */
  readonly label: string;
  /** Of a label set: what goes into prompts. */
  readonly entry?: SetLabel;
  /** Labels above, the top first, where its label set has levels. */
  readonly above?: readonly { readonly id: string; readonly label: string }[];
}

/** What pictures are compared with. */
export function labelInputs(classes: readonly SetClass[]): LabelInput[] {
  return classes.map(({ label, entry }) => entry ?? label);
}

/** One labelled picture. It is opened when it is needed, so that a set of any size takes little memory. */
export interface LabelledPicture {
  /** Path, member or position, for messages. */
  readonly name: string;
  /** Position of its class. */
  readonly truth: number;
  readonly open: () => ImageInput | Promise<ImageInput>;
}

/** Labelled pictures of whatever form they came in. */
export interface LabelledSet {
  readonly name: string;
  readonly kind: "folder" | "manifest" | "cifar" | "webdataset";
  /** Every class there is to choose among; some may have no picture. */
  readonly classes: readonly SetClass[];
  readonly pictures: readonly LabelledPicture[];
  /** Changes where the set's files do. */
  readonly fingerprint: string;
}

/** Classes with paths → their pictures, class by class. */
export function picturesOf(classes: readonly LabelledClass[]): LabelledPicture[] {
  return classes.flatMap(({ images }, truth) =>
    images.map((image) => ({ name: image, truth, open: () => image })),
  );
}
