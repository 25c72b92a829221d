import { describe, expect, test } from "vitest";
import { ClipError } from "../../src/errors.js";
import { GraphBuilder } from "../../src/graph/builder.js";
import * as ops from "../../src/graph/ops.js";
import { ProtoWriter } from "../../src/graph/protobuf.js";
import { type ModelFile, readModel } from "../../src/graph/read-model.js";
import { serializeModel } from "../../src/graph/serialize.js";
import type { Graph, Weight } from "../../src/graph/types.js";
import { readTowers } from "../../src/models/read-towers.js";
import { runGraph } from "../models/run-graph.js";

const SIDE = 200;

/** y = gelu(x · big + ones): a weight outside, small ones inside, negative, float and list attributes. */
function sample(): Graph {
  const g = new GraphBuilder("sample");
  const x = g.input("x", "f32", ["n", SIDE]);
  const values = Float32Array.from({ length: SIDE * SIDE }, (_, i) => Math.sin(i));
  const big = g.weight({
    name: "big",
    type: "f32",
    dims: [SIDE, SIDE],
    byteLength: values.byteLength,
    read: () => new Uint8Array(values.buffer),
  });
  const sum = ops.gemm(g, x, big, g.floats("ones", new Float32Array(SIDE).fill(1), [SIDE]));
  const norm = g.node("LpNormalization", [sum], { attributes: { axis: -1, p: 2 } });
  const leaky = g.node("LeakyRelu", [norm], { attributes: { alpha: { float: 0.25 } } });
  const turned = g.node("Transpose", [leaky], { attributes: { perm: [0, 1] } });
  g.output(g.node("Concat", [turned, g.node("Neg", [turned])], { attributes: { axis: -1 } }), "y", [
    "n",
    2 * SIDE,
  ]);
  return g.finish();
}

function fileOf(model: Uint8Array, beside: ReadonlyMap<string, Uint8Array> = new Map()): ModelFile {
  return {
    readAt: (offset, length) => model.subarray(offset, offset + length),
    size: model.length,
    readBeside: (location, offset, length) => beside.get(location)!.subarray(offset, offset + length),
  };
}

const bytesOf = ({ name, type, dims, byteLength, read }: Weight) => ({
  name,
  type,
  dims,
  byteLength,
  bytes: Buffer.from(read()).toString("base64"),
});

test("what was written is read: ports, nodes, attributes, weights inside and beside", () => {
  const graph = sample();
  const { model, external } = serializeModel(graph, "sample.data");
  const beside = Buffer.concat(external.map(({ weight }) => weight.read()));
  const read = readModel(fileOf(model, new Map([["sample.data", beside]])));
  expect(read.inputs).toEqual(graph.inputs);
  expect(read.outputs).toEqual(graph.outputs);
  expect(read.nodes).toEqual(graph.nodes);
  expect(read.weights.map(bytesOf)).toEqual(graph.weights.map(bytesOf));
  expect(read).toMatchObject({ name: "sample", opset: 17 });
});

test("the starter's text tower computes the same after it was read and written again", async () => {
  const folder = new URL("../../starter", import.meta.url).pathname;
  const manifest = { image: { file: "image.onnx" }, text: { file: "text.onnx" } };
  const { text } = await readTowers({ folder, manifest } as Parameters<typeof readTowers>[0]);
  const ids = BigInt64Array.from([101n, 1037n, 4937n, 102n]);
  const feeds = {
    input_ids: { type: "int64", data: ids, dims: [1, 4] },
    attention_mask: { type: "int64", data: new BigInt64Array(4).fill(1n), dims: [1, 4] },
  } as const;
  const { data } = await runGraph(text, feeds);
  const { openSession } = await import("../../src/runtime/session.js");
  await using own = await openSession(`${folder}/text.onnx`);
  const expected = (await own.run(feeds, "features")).data;
  const largest = Math.max(...expected.map(Math.abs));
  // With the sizes that are written along ONNX Runtime fuses a little otherwise.
  expect(Math.max(...expected.map((value, i) => Math.abs(value - data[i]!)))).toBeLessThan(1e-5 * largest);
});

const tensor = (write: (t: ProtoWriter) => void): Uint8Array => model((g) => g.message(5, write));

/** A file with one node that names an output, and what else is written into its graph. */
function model(write: (g: ProtoWriter) => void, opset = 17): Uint8Array {
  return new ProtoWriter()
    .message(7, (g) => {
      g.message(1, (n) => n.string(1, "x").string(2, "y").string(4, "Identity"));
      g.message(12, (p) => p.string(1, "y").message(2, (t) => t.message(1, (e) => e.int(1, 1))));
      write(g);
    })
    .message(8, (o) => o.string(1, "").int(2, opset))
    .finish();
}

describe("weights that are not stored as bytes", () => {
  test.each([
    ["i64, negative too", 7, (t: ProtoWriter) => t.int(7, -3).int(7, 5), new BigInt64Array([-3n, 5n])],
    ["i32", 6, (t: ProtoWriter) => t.int(5, -3).int(5, 5), Int32Array.of(-3, 5)],
    ["u8", 2, (t: ProtoWriter) => t.int(5, 3).int(5, 255), Uint8Array.of(3, 255)],
    ["i8", 3, (t: ProtoWriter) => t.int(5, -3).int(5, 5), Int8Array.of(-3, 5)],
    ["f32", 1, (t: ProtoWriter) => t.float(4, 0.5).float(4, -2), Float32Array.of(0.5, -2)],
  ] as const)("%s", (_, type, write, expected) => {
    const bytes = tensor((t) => write(t.int(1, 2).int(2, type).string(8, "w")));
    const [weight] = readModel(fileOf(bytes)).weights;
    expect(Buffer.from(weight!.read())).toEqual(Buffer.from(expected.buffer));
  });
});

test("a Constant node is a weight; a tensor that a node carries stays with it", () => {
  const three = (t: ProtoWriter): ProtoWriter => t.int(1, 1).int(2, 7).int(7, 3);
  const carrying = (op: string) => (n: ProtoWriter) =>
    n
      .string(2, `${op}_out`)
      .string(4, op)
      .message(5, (a) => {
        a.string(1, "value").message(5, three).int(20, 4);
      });
  const bytes = model((g) => g.message(1, carrying("Constant")).message(1, carrying("ConstantOfShape")));
  const graph = readModel(fileOf(bytes));
  expect(graph.weights.map(({ name, dims }) => [name, dims])).toEqual([["Constant_out", [1]]]);
  expect(graph.nodes.map(({ op }) => op)).toEqual(["Identity", "ConstantOfShape"]);
  const again = readModel(fileOf(serializeModel(graph, "x.data").model));
  const { tensor: kept } = again.nodes[1]!.attributes.value as { tensor: Weight };
  expect(Buffer.from(kept.read())).toEqual(Buffer.from(BigInt64Array.of(3n).buffer));
});

describe("refused with one sentence", () => {
  const cases: [string, Uint8Array, string][] = [
    ["no graph", new ProtoWriter().int(1, 8).finish(), "graph.format"],
    ["an old operator set", model(() => {}, 9), "graph.unsupported"],
    [
      "a domain of somebody's",
      model((g) => g.message(1, (n) => n.string(2, "z").string(4, "F").string(7, "me"))),
      "graph.unsupported",
    ],
    ["an unknown element type", tensor((t) => t.int(1, 1).int(2, 11).string(8, "w")), "graph.unsupported"],
    ["sparse weights", model((g) => g.message(15, () => {})), "graph.unsupported"],
    [
      "a graph inside a node",
      model((g) =>
        g.message(1, (n) =>
          n
            .string(2, "z")
            .string(4, "If")
            .message(5, (a) =>
              a
                .string(1, "then_branch")
                .message(6, () => {})
                .int(20, 5),
            ),
        ),
      ),
      "graph.unsupported",
    ],
    [
      "fewer bytes than the sizes say",
      tensor((t) => t.int(1, 3).int(2, 1).string(8, "w").bytes(9, new Uint8Array(8))),
      "graph.format",
    ],
    [
      "sizes beyond any memory",
      tensor((t) =>
        t
          .int(1, 2 ** 40)
          .int(2, 1)
          .string(8, "w"),
      ),
      "graph.format",
    ],
    ["a negative size", tensor((t) => t.int(1, -1).int(2, 1).string(8, "w")), "graph.format"],
  ];
  test.each(cases)("%s", (_, bytes, code) => {
    expect(() => readModel(fileOf(bytes))).toThrow(expect.objectContaining({ code }));
  });

  test.each(["../weights", "/etc/passwd", "a/../../b", "..", ".", "C:\\x", "a\0b", ""])(
    "weights beside the file at %j",
    (location) => {
      const bytes = tensor((t) => {
        t.int(1, 1).int(2, 1).string(8, "w").int(14, 1);
        t.message(13, (e) => e.string(1, "location").string(2, location));
      });
      expect(() => readModel(fileOf(bytes))).toThrow(expect.objectContaining({ code: "graph.format" }));
    },
  );

  test("cut or changed anywhere, a file is read or refused, never anything else", () => {
    const { model: whole } = serializeModel(sample(), "sample.data");
    for (let at = 0; at < whole.length; at += 7) {
      const changed = whole.slice();
      changed[at]! ^= 0x55;
      for (const bytes of [whole.subarray(0, at), changed]) {
        try {
          readModel(fileOf(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(ClipError);
        }
      }
    }
  });
});
