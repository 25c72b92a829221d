import { halvedName } from "../../models/halved.js";
import { type AskedPrecision, type ResolvedModel, splitPrecision } from "../../models/names.js";
import { quantizedName } from "../../models/quantized.js";
import { modelName } from "../../models/store.js";

/**
 * The names under which forms of a model lie in the cache: all, or the one of the precision that was asked for. `typed`
 * is what the person wrote; `model` what it was found to be, where it was.
 */
export function formNames(typed: string, model: ResolvedModel | undefined): readonly string[] {
  const { model: words, precision } = splitPrecision(typed);
  const name = model?.kind === "registry" || model?.kind === "hub" ? modelName(model) : words;
  const forms: Record<AskedPrecision, readonly string[]> = {
    fp32: [name],
    fp16: [halvedName(name)],
    int8: [quantizedName(name)],
    auto: [name, halvedName(name), quantizedName(name)],
  };
  return forms[precision ?? "auto"];
}
