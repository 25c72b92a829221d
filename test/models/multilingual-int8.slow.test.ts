import { expect, test } from "vitest";
import type { NamedTensor } from "../../src/checkpoint/tensor.js";
import { toHalf } from "../../src/graph/half.js";
import { quantisableMatMuls, quantiseMatMuls } from "../../src/graph/quantise-dynamic.js";
import { inferSizes } from "../../src/graph/sizes/infer.js";
import type { Graph } from "../../src/graph/types.js";
import { buildEvaVit } from "../../src/models/eva-vit.js";
import { buildPooledVit } from "../../src/models/pooled-vit.js";
import type {
  BertTextSpec,
  BidirectionalTextSpec,
  EvaVitSpec,
  PooledVitSpec,
  RotaryTextSpec,
} from "../../src/models/spec.js";
import { buildTextTower } from "../../src/models/text-tower.js";
import { Weights } from "../../src/models/weights.js";
import type { Feed } from "../../src/runtime/session.js";
import { cosine } from "../support/cosine.js";
import { randomNumbers, tensor } from "./random-tensors.js";
import { runGraph } from "./run-graph.js";

/** Whatever is asked for: seeded noise of the size that trained weights have. */
class RandomWeights extends Weights {
  readonly #made = new Map<string, NamedTensor>();

  constructor() {
    super(new Map());
  }

  override get(name: string, shape: readonly number[]): NamedTensor {
    const known = this.#made.get(name);
    if (known) return known;
    const random = randomNumbers(name.length * 7919 + [...name].reduce((sum, c) => sum + c.charCodeAt(0), 0));
    const scale = shape.length > 1 ? 1.7 / Math.sqrt(shape.at(-1)!) : 0.1;
    const centre = /(?:ln\w*|LayerNorm|ln_\w+|\w+_ln|norm\d)\.weight$/.test(name) ? 1 : 0;
    const count = shape.reduce((a, b) => a * b, 1);
    const made = tensor(
      name,
      shape,
      Array.from({ length: count }, () => centre + scale * random()),
    );
    this.#made.set(name, made);
    return made;
  }
}

const tower = { width: 256, layers: 2, heads: 4, inner: 512, epsilon: 1e-6 } as const;
const text = { vocabulary: 400, contextLength: 16, projection: { kind: "linear", bias: false } } as const;

const BERT: BertTextSpec = {
  ...tower,
  ...text,
  kind: "bert",
  activation: "gelu",
  positions: 20,
  firstPosition: 2,
  pool: "mean",
};
const SIGLIP: BidirectionalTextSpec = {
  ...tower,
  ...text,
  kind: "bidirectional",
  activation: "gelu_tanh",
  positions: { kind: "learnt" },
  masked: false,
  pool: "last",
};
const NLLB: BidirectionalTextSpec = {
  ...SIGLIP,
  activation: "relu",
  positions: { kind: "sines", scale: 16 },
  masked: true,
  pool: "first",
};
const PICTURES: PooledVitSpec = {
  ...tower,
  kind: "pooled-vit",
  activation: "gelu_tanh",
  size: 30,
  patch: 7,
  grid: 4,
  poolInner: 512,
};
const JINA_TEXTS: RotaryTextSpec = {
  ...tower,
  ...text,
  kind: "rotary",
  activation: "gelu",
  contextLength: 16,
  rotaryBase: 20_000,
  adapter: { task: "retrieval.query", index: 0, tasks: 1, rank: 4, scale: 1 },
};
const JINA_PICTURES: EvaVitSpec = {
  ...tower,
  kind: "eva-vit",
  activation: "silu",
  size: 30,
  patch: 7,
  grid: 4,
  rotaryGrid: 16,
  dim: 64,
  projection: { kind: "linear", bias: true },
};
const NORMALISATION = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } as const;

const ROWS = [
  [0, 17, 233, 5, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
  [0, 99, 310, 42, 7, 8, 250, 2, 1, 1, 1, 1, 1, 1, 1, 1],
];
const ids: Feed = { type: "int32", data: Int32Array.from(ROWS.flat()), dims: [2, 16] };
const mask: Feed = { ...ids, data: Int32Array.from(ROWS.flat(), (id) => Number(id !== 1)) };
const bytes = randomNumbers(5);
const pixels: Feed = {
  type: "uint8",
  data: Uint8Array.from({ length: 2 * 30 * 30 * 3 }, () => 128 + 127 * bytes()),
  dims: [2, 30, 30, 3],
};

test.each<[string, () => Graph, Record<string, Feed>]>([
  ["BERT", () => buildTextTower(BERT, 64, new RandomWeights()), { input_ids: ids, attention_mask: mask }],
  [
    "BERT read at its first token",
    () => buildTextTower({ ...BERT, pool: "pooler" }, 64, new RandomWeights()),
    { input_ids: ids, attention_mask: mask },
  ],
  ["SigLIP's texts", () => buildTextTower(SIGLIP, 64, new RandomWeights()), { input_ids: ids }],
  ["NLLB", () => buildTextTower(NLLB, 64, new RandomWeights()), { input_ids: ids, attention_mask: mask }],
  ["SigLIP's pictures", () => buildPooledVit(PICTURES, new RandomWeights(), NORMALISATION), { pixels }],
  [
    "Jina-CLIP's texts",
    () => buildTextTower(JINA_TEXTS, 64, new RandomWeights()),
    { input_ids: ids, attention_mask: mask },
  ],
  ["Jina-CLIP's pictures", () => buildEvaVit(JINA_PICTURES, new RandomWeights(), NORMALISATION), { pixels }],
])("%s: int8 keeps the direction of features, and so does fp16", async (_, build, feeds) => {
  const graph = build();
  const large = quantisableMatMuls(graph);
  expect(large.length).toBeGreaterThan(8);
  const inside = graph.nodes.flatMap(({ op, outputs }) => (op === "Identity" ? [] : outputs)).filter(Boolean);
  expect(inferSizes(graph).map(({ name }) => name)).toEqual(inside);
  const own = await runGraph(graph, feeds);
  const dim = own.dims[1]!;
  for (const [form, least] of [
    [quantiseMatMuls(build()), 0.995],
    [toHalf(build()), 0.9999],
  ] as const) {
    const other = await runGraph(form, feeds);
    for (const row of [0, 1]) {
      const [a, b] = [own.data, other.data].map((data) => data.subarray(row * dim, (row + 1) * dim));
      expect(cosine(a!, b!)).toBeGreaterThan(least);
    }
  }
});

test("what fills rows up changes nothing where it is masked, and where it is read it does", async () => {
  const cut = (feed: Feed): Feed => ({
    ...feed,
    data: Int32Array.from([0, 1].flatMap((row) => [...feed.data].slice(row * 16, row * 16 + 8).map(Number))),
    dims: [2, 8],
  });
  for (const spec of [BERT, NLLB, JINA_TEXTS]) {
    const graph = buildTextTower(spec, 64, new RandomWeights());
    const whole = await runGraph(graph, { input_ids: ids, attention_mask: mask });
    const short = await runGraph(graph, { input_ids: cut(ids), attention_mask: cut(mask) });
    expect(cosine(whole.data, short.data)).toBeGreaterThan(1 - 1e-9);
  }
  const graph = buildTextTower(SIGLIP, 64, new RandomWeights());
  const whole = await runGraph(graph, { input_ids: ids });
  const short = await runGraph(graph, { input_ids: cut(ids) });
  expect(cosine(whole.data, short.data)).toBeLessThan(0.999);
});
