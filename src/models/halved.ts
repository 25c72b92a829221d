import { createHash } from "node:crypto";
import { toHalf } from "../graph/half.js";
import type { CompilePlan } from "./compile.js";
import { cacheKey } from "./compiled-cache.js";

/** What follows a model's name where its form of 16-bit floats is meant. */
const SUFFIX = "@fp16";

/** Raised whenever graph/half.ts makes another graph of the same one. */
const HALF_VERSION = 2;

/** `ViT-B/32` → `ViT-B/32@fp16`. */
export function halvedName(name: string): string {
  return `${name}${SUFFIX}`;
}

/** Revision of a model → that of its form of 16-bit floats. */
export function halvedRevision(revision: string): string {
  return createHash("sha256").update(`fp16 ${HALF_VERSION} ${revision}`).digest("hex");
}

/** The same model in 16-bit floats, with a revision and an entry of its own. */
export function halved(plan: CompilePlan): CompilePlan {
  const { manifest } = plan;
  const revision = halvedRevision(manifest.revision);
  return {
    ...plan,
    manifest: { ...manifest, name: halvedName(manifest.name), precision: "fp16", revision },
    key: cacheKey(revision),
    graphs: () => {
      const { image, text } = plan.graphs();
      return { image: toHalf(image), text: toHalf(text) };
    },
  };
}
