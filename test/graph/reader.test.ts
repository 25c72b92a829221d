import fc from "fast-check";
import { expect, test } from "vitest";
import { ClipError } from "../../src/errors.js";
import { GraphBuilder } from "../../src/graph/builder.js";
import { relu } from "../../src/graph/ops.js";
import { readOutline } from "../../src/graph/reader.js";
import { serializeModel } from "../../src/graph/serialize.js";

const outlineOf = (bytes: Uint8Array) =>
  readOutline((offset, length) => bytes.subarray(offset, offset + length), bytes.length);

function sample(): Uint8Array {
  const g = new GraphBuilder("sample");
  g.output(relu(g, g.input("x", "f32", ["n", 3])), "y", ["n", 3]);
  g.floats("unused", Float32Array.of(1, 2, 3), [3]);
  return serializeModel(g.finish(), "sample.data").model;
}

/** Bytes or a ClipError: nothing else, whatever comes. */
function outcome(bytes: Uint8Array): string {
  try {
    return JSON.stringify(outlineOf(bytes).outputs.length > 0);
  } catch (error) {
    if (error instanceof ClipError && error.code === "graph.format") return error.code;
    throw error;
  }
}

test.each([
  ["nothing", []],
  ["text", [...Buffer.from("This is not an ONNX file at all.")]],
  ["a length beyond the end", [0x3a, 0xff, 0x7f]],
  ["a varint without end", Array(30).fill(0xff)],
])("%s is no ONNX file", (_, bytes) => {
  expect(outcome(Uint8Array.from(bytes))).toBe("graph.format");
});

test("changed or cut files are outlines or errors of ours", () => {
  const whole = sample();
  expect(outcome(whole)).toBe("true");
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (at, value, length) => {
      const bytes = whole.slice(0, Math.max(length, 1));
      if (at < bytes.length) bytes[at] = value;
      expect(["true", "graph.format"]).toContain(outcome(bytes));
    }),
    { numRuns: 2000, seed: 20261123 },
  );
});
