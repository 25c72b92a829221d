import type { Clip } from "../clip.js";
import { ClipError } from "../errors.js";
import type { Adapter } from "./adapter.js";

/** Raises `fewshot.model` for a model that the adapter was not fitted on. */
export function checkBelongs({ model }: Pick<Clip, "model">, adapter: Adapter): void {
  const { name, revision, precision } = adapter.model;
  if (model.revision === revision && model.precision === precision) return;
  throw new ClipError(
    "fewshot.model",
    `Expected the model that the adapter was fitted on, ${name} (${precision}, revision ${revision.slice(0, 12)}), but received ${model.name} (${model.precision}, revision ${model.revision.slice(0, 12)}).`,
  );
}
