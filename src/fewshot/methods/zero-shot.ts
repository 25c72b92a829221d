import type { Shots } from "../shots.js";
import type { FitContext, Fitted } from "./method.js";

/** The words alone: what every other method has to beat. */
export async function zeroShot({ logitScale }: Shots, { cosines }: FitContext): Promise<Fitted> {
  return { head: { kind: "words" }, settings: {}, heldOut: cosines.map((cosine) => logitScale * cosine) };
}
