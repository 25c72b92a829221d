import { expect, test } from "vitest";
import { ProtoWriter } from "../../src/graph/protobuf.js";

/** Bytes worked out by hand from protobuf.dev/programming-guides/encoding. */
test.each([
  ["150 in field 1", (w: ProtoWriter) => w.int(1, 150), "089601"],
  ["zero is written", (w: ProtoWriter) => w.int(1, 0), "0800"],
  ["−1 takes ten bytes", (w: ProtoWriter) => w.int(1, -1), "08ffffffffffffffffff01"],
  ["2⁵³ − 1", (w: ProtoWriter) => w.int(1, Number.MAX_SAFE_INTEGER), "08ffffffffffffff0f"],
  ["field 20", (w: ProtoWriter) => w.int(20, 7), "a00107"],
  ["text", (w: ProtoWriter) => w.string(2, "testing"), "120774657374696e67"],
  ["UTF-8 text", (w: ProtoWriter) => w.string(2, "é"), "1202c3a9"],
  ["a float", (w: ProtoWriter) => w.float(3, 1.5), "1d0000c03f"],
  ["a message in a message", (w: ProtoWriter) => w.message(3, (m) => m.int(1, 150)), "1a03089601"],
] as const)("%s", (_, write, hex) => {
  expect(Buffer.from(write(new ProtoWriter()).finish()).toString("hex")).toBe(hex);
});

test("grows past its first buffer", () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);
  const written = new ProtoWriter().string(1, "before").bytes(2, bytes).string(3, "after").finish();
  expect(written.length).toBe(8 + 3 + 1000 + 7);
  expect([...written.subarray(11, 1011)]).toEqual([...bytes]);
});
