import { describe, expect, test } from "vitest";
import type { Graph } from "../../src/graph/types.js";
import { deriveSpec } from "../../src/models/derive.js";
import { OPENAI_NORMALISATION } from "../../src/models/spec.js";
import { buildTextTower } from "../../src/models/text-tower.js";
import { buildVit } from "../../src/models/vit.js";
import { Weights } from "../../src/models/weights.js";
import type { Feed } from "../../src/runtime/session.js";
import { unfused } from "./plain-ops.js";
import { randomNumbers, tinyClip } from "./random-tensors.js";
import { runGraph } from "./run-graph.js";

const tensors = tinyClip();
const weights = new Weights(tensors);
const random = randomNumbers(7);
const pixels = Uint8Array.from({ length: 3 * 16 * 16 * 3 }, () => Math.floor((random() + 1) * 127.9));
const ids = Int32Array.of(48, 3, 9, 49, 0, 48, 20, 21, 22, 49);

interface Example {
  readonly graph: Graph;
  readonly feeds: Readonly<Record<string, Feed>>;
}

function examples(activation: "quick_gelu" | "gelu"): [string, Example][] {
  const spec = deriveSpec(tensors, { activation, imageHeads: 4, textHeads: 2 });
  if (spec.image.kind !== "vit") throw new Error("expected a vision transformer");
  const image = buildVit(spec.image, spec.dim, weights, OPENAI_NORMALISATION);
  return [
    [
      `image, ${activation}`,
      { graph: image, feeds: { pixels: { type: "uint8", data: pixels, dims: [3, 16, 16, 3] } } },
    ],
    [
      `text, ${activation}`,
      {
        graph: buildTextTower(spec.text, spec.dim, weights),
        feeds: {
          prefix_ids: { type: "int32", data: Int32Array.of(48), dims: [1, 1] },
          input_ids: { type: "int32", data: ids, dims: [2, 5] },
        },
      },
    ],
  ];
}

describe.each([...examples("quick_gelu"), ...examples("gelu")])("%s", (_, { graph, feeds }) => {
  test("the fused graph computes what the same graph in plain operators computes", async () => {
    const plain = unfused(graph);
    expect(graph.nodes.some((node) => node.domain !== "")).toBe(true);
    expect(plain.nodes.every((node) => node.domain === "")).toBe(true);
    const fused = await runGraph(graph, feeds);
    const expected = await runGraph(plain, feeds, { graphOptimization: "disabled" });
    expect(fused.dims).toEqual(expected.dims);
    const largest = Math.max(...expected.data.map(Math.abs));
    const worst = Math.max(...fused.data.map((value, i) => Math.abs(value - expected.data[i]!)));
    expect(largest).toBeGreaterThan(0.1);
    expect(worst / largest).toBeLessThan(2e-5);
  });

  test("ONNX Runtime's own rewriting changes nothing", async () => {
    const whole = await runGraph(graph, feeds);
    const none = await runGraph(graph, feeds, { graphOptimization: "disabled" });
    const largest = Math.max(...none.data.map(Math.abs));
    whole.data.forEach((value, i) => {
      expect(Math.abs(value - none.data[i]!) / largest).toBeLessThan(1e-5);
    });
  });
});
