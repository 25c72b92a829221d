import { ClipError } from "../errors.js";
import { Budget } from "./budget.js";
import { PickleDict, PickleObject, type PickleValue, TensorReference } from "./pickle-values.js";
import { checkTensorCount, MOST_NAME_CHARACTERS, MOST_TENSORS } from "./shape.js";

export type Scalar = number | string | boolean;

/** What an unpickled checkpoint holds: views by name, and the plain values beside them. */
export interface StateDict {
  readonly isTorchScript: boolean;
  readonly views: ReadonlyMap<string, TensorReference>;
  readonly scalars: ReadonlyMap<string, Scalar>;
}

/** Keys under which trainers put the state dict: open_clip and Lightning, TIMM and others, PyTorch's tutorial, DeepSpeed. */
const WRAPPERS = ["state_dict", "model", "model_state_dict", "module"];

/** Modules inside modules: CLIP's are 6 deep. */
const MOST_DEPTH = 64;

/** The named tensors of an unpickled value: a TorchScript module, a state dict, or a dict that wraps one. */
export function findStateDict(root: PickleValue, where: string): StateDict {
  if (root instanceof PickleObject) {
    const views = new Map<string, TensorReference>();
    collect(root, "", 0, views, new Budget(4 * MOST_TENSORS, `naming the tensors of ${where}`));
    return { isTorchScript: true, views: checked(views, where), scalars: scalarsOf(root.state) };
  }
  if (!(root instanceof PickleDict)) {
    throw new ClipError(
      "checkpoint.format",
      `Expected a state dict or a TorchScript module in ${where} but it holds another value.`,
    );
  }
  const wrapped = WRAPPERS.map((key) => root.entries.get(key)).find(holdsTensors);
  const views = new Map<string, TensorReference>();
  for (const [name, value] of (wrapped ?? root).entries) {
    if (value instanceof TensorReference) views.set(String(name), value);
  }
  return { isTorchScript: false, views: checked(views, where), scalars: scalarsOf(root) };
}

function holdsTensors(value: PickleValue | undefined): value is PickleDict {
  return (
    value instanceof PickleDict &&
    [...value.entries.values()].some((entry) => entry instanceof TensorReference)
  );
}

/** Attributes that are tensors, named by the path of modules; a module may appear under several names, but not without end. */
function collect(
  module: PickleObject,
  prefix: string,
  depth: number,
  into: Map<string, TensorReference>,
  budget: Budget,
): void {
  if (depth > MOST_DEPTH)
    throw new ClipError(
      "checkpoint.unsafe",
      `Expected modules at most ${MOST_DEPTH} deep but ${prefix.slice(0, 100)} is deeper.`,
    );
  for (const [key, value] of module.state?.entries ?? []) {
    budget.spend(1);
    if (value instanceof TensorReference) into.set(`${prefix}${key}`, value);
    else if (value instanceof PickleObject) collect(value, `${prefix}${key}.`, depth + 1, into, budget);
  }
}

function checked(views: Map<string, TensorReference>, where: string): Map<string, TensorReference> {
  if (views.size === 0) {
    throw new ClipError(
      "checkpoint.format",
      `Expected tensors in ${where}, at the top or under ${WRAPPERS.join(", ")}, but it has none.`,
    );
  }
  checkTensorCount(views.size, where);
  for (const name of views.keys()) {
    if (name.length <= MOST_NAME_CHARACTERS) continue;
    throw new ClipError(
      "checkpoint.unsafe",
      `Expected names of at most ${MOST_NAME_CHARACTERS} characters but ${name.slice(0, 100)}… is longer.`,
    );
  }
  return views;
}

function scalarsOf(dict: PickleDict | undefined): Map<string, Scalar> {
  const result = new Map<string, Scalar>();
  for (const [key, value] of dict?.entries ?? []) {
    if (typeof value === "number" || typeof value === "string" || typeof value === "boolean")
      result.set(String(key), value);
  }
  return result;
}
