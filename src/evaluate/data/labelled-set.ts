import type { ImageInput } from "../../image/sources.js";
import type { LabelledClass } from "../labelled-folder.js";

/** One class of a set. */
export interface SetClass {
  /** What the set calls it: a folder's name, a word of a manifest. */
  readonly id: string;
  /** The words that go into the prompt. */
  readonly label: string;
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
