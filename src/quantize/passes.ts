import { quantisableMatMuls, quantiseMatMuls } from "../graph/quantise-dynamic.js";
import { quantisableConvs, quantiseConvs } from "../graph/quantise-static.js";
import type { Graph } from "../graph/types.js";
import type { OpenedModel } from "../models/manifest.js";
import { type CalibrateOptions, type Calibration, calibrate } from "./calibrate.js";

/** How a tower becomes int8: decided by what its graph holds, never by a model's name. */
export interface Passes {
  /** Names of the weights that can become int8, in running order. */
  layers(graph: Graph): readonly string[];
  /** What has to be known of some squares beforehand; empty where there is nothing. */
  calibrate(
    image: Graph,
    model: OpenedModel,
    squares: readonly Uint8Array[],
    options: CalibrateOptions,
  ): Promise<Calibration>;
  /** All layers but the kept ones become int8. */
  quantise(graph: Graph, calibration: Calibration, keep: ReadonlySet<string>): Graph;
}

/** ONNX's operators that compute with 8 bits or fewer; constants that are merely stored so are none of them. */
const QUANTISED =
  /^(?:QLinear\w+|QGemm|QAttention|\w*Integer\w*|DynamicQuantize\w+|QuantizeLinear|MatMulNBits|MatMulBnb4)$/;

/** True where a graph computes with small whole numbers already. */
export function isQuantised(graph: Graph): boolean {
  return graph.nodes.some(({ op }) => QUANTISED.test(op));
}

/** Loud tokens (a sentence's ends) are many times the others; patches of a picture are not, and are many more. */
function readsTokens({ inputs }: Graph): boolean {
  return inputs.some(({ type }) => type === "i64" || type === "i32");
}

/** zeroclip's own: convolutions with ranges measured beforehand, products by matrices with activations rounded as they come. */
export const PASSES: Passes = {
  layers: (graph) => [...quantisableConvs(graph), ...quantisableMatMuls(graph)],
  calibrate,
  quantise: (graph, calibration, keep) =>
    quantiseMatMuls(quantiseConvs(graph, { ...calibration, keep }), { keep, perRow: readsTokens(graph) }),
};
