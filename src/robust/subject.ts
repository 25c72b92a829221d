import { ClipError } from "../errors.js";
import { type FindOptions, findModel } from "../find-model.js";
import { planModel } from "../models/open.js";
import type { ModelPlan } from "../models/plan.js";
import { type FloatTower, floatTower } from "./tower.js";

/** A model whose image tower is looked into. */
export interface Subject extends AsyncDisposable {
  readonly plan: ModelPlan;
  readonly tower: FloatTower;
}

/** A model by name or path → its image tower as plain data, in 32-bit floats. Raises `robust.model`, `model.*`, `graph.*`. */
export async function openSubject(model: string, options: FindOptions): Promise<Subject> {
  if (model.toLowerCase().endsWith(".json"))
    throw new ClipError(
      "robust.model",
      `Expected a single model but received ${model}, which is several that answer as one.`,
    );
  const { path, options: open } = await findModel(model, options);
  const { precision } = open;
  if (precision !== undefined && precision !== "fp32") {
    const message = `Expected a model in 32-bit floats, whose answers have derivatives, but received ${model}: name its fp32 form.`;
    throw new ClipError("robust.model", message);
  }
  const plan = await planModel(path, open);
  try {
    const { image } = await plan.graphs();
    return {
      plan,
      tower: floatTower(image, plan.manifest),
      [Symbol.asyncDispose]: () => plan[Symbol.asyncDispose](),
    };
  } catch (error) {
    await plan[Symbol.asyncDispose]();
    throw error;
  }
}
