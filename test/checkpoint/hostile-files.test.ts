import { deflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { check, good, readAll } from "./hostile.js";
import { dict, pickle, safetensors, tensor, torchZip, zip } from "./pack.js";

test("the packers of this file make what opens", async () => {
  const values = new Float32Array([1, 2, 3, 4, 5, 6]);
  const bytes = new Uint8Array(values.buffer);
  const turned = torchZip(pickle(...dict({ a: good, b: tensor([3, 2], [1, 3]), c: tensor([2], [0], 5) })), [
    bytes,
  ]);
  expect(Object.fromEntries(await readAll(turned))).toEqual({
    a: values,
    b: new Float32Array([1, 4, 2, 5, 3, 6]),
    c: new Float32Array([6, 6]),
  });
  const entries = { a: { dtype: "F32", shape: [6], data_offsets: [0, 24] } };
  expect(await readAll(safetensors(entries, bytes))).toEqual(new Map([["a", values]]));
  const entry = { name: "x/data.pkl", bytes: pickle(...dict({ a: good })), deflate: true };
  const packed = deflateRawSync(bytes).length;
  const at = 30 + entry.name.length + deflateRawSync(entry.bytes).length;
  const data = { name: "x/data/0", bytes, deflate: true, wide: [24, packed, at].map(BigInt) };
  expect(await readAll(zip([entry, data]))).toEqual(new Map([["a", values]]));
  expect(await readAll(zip([entry, data], { isZip64: true }))).toEqual(new Map([["a", values]]));
});

describe("archives that lie", () => {
  const entry = { name: "a/data.pkl", bytes: pickle(...dict({ a: good })) };
  const data = { name: "a/data/0", bytes: new Uint8Array(24) };
  check([
    [
      "a path upwards",
      "checkpoint.unsafe",
      /\.\.\/\.\.\/etc/,
      () => zip([entry, { ...data, name: "../../etc/passwd" }]),
    ],
    [
      "a path from the root",
      "checkpoint.unsafe",
      /inside the archive/,
      () => zip([entry, { ...data, name: "/etc/passwd" }]),
    ],
    ["a drive", "checkpoint.unsafe", /inside the archive/, () => zip([entry, { ...data, name: "C:x" }])],
    [
      "a backslash",
      "checkpoint.unsafe",
      /inside the archive/,
      () => zip([entry, { ...data, name: "..\\x" }]),
    ],
    ["one name twice", "checkpoint.unsafe", /twice/, () => zip([entry, data, data])],
    [
      "two entries over each other",
      "checkpoint.unsafe",
      /overlaps/,
      () => zip([entry, { ...entry, header: 0 }]),
    ],
    [
      "an entry over the directory",
      "checkpoint.unsafe",
      /directory/,
      () => zip([entry, { ...data, size: 100, stored: 100 }]),
    ],
    [
      "a stored size that differs",
      "checkpoint.unsafe",
      /claims 1000/,
      () => zip([entry, { ...data, size: 1000 }]),
    ],
    [
      "a bomb by its ratio",
      "checkpoint.unsafe",
      /claims/,
      () => zip([{ ...entry, deflate: true, size: 0x7fffffff }]),
    ],
    [
      "an entry longer than it says",
      "checkpoint.damaged",
      /inflate to 10/,
      () => zip([{ ...entry, deflate: true, size: 10 }]),
    ],
    [
      "an entry shorter than it says",
      "checkpoint.damaged",
      /inflate to/,
      () => zip([{ ...entry, deflate: true, size: 500 }]),
    ],
    ["what does not inflate", "checkpoint.damaged", /inflate/, () => zip([{ ...entry, method: 8 }])],
    ["a wrong checksum", "checkpoint.damaged", /checksum/, () => zip([{ ...entry, crc: 1 }, data])],
    [
      "two names for one entry",
      "checkpoint.unsafe",
      /another/,
      () => zip([{ ...entry, localName: "b/data.pkl" }, data]),
    ],
    ["a wrong offset", "checkpoint.unsafe", /local header/, () => zip([{ ...entry, header: 3 }, data])],
    [
      "an offset past the end",
      "checkpoint.truncated",
      /truncated/,
      () => zip([{ ...entry, header: 1 << 30 }, data]),
    ],
    ["an encrypted entry", "checkpoint.unsupported", /encrypted/, () => zip([{ ...entry, flags: 1 }, data])],
    ["another packing", "checkpoint.unsupported", /method 93/, () => zip([{ ...entry, method: 93 }, data])],
    [
      "zip64 sizes past numbers",
      "checkpoint.format",
      /zip64 number/,
      () => zip([{ ...entry, wide: [2n ** 60n, 2n ** 60n, 0n] }, data]),
    ],
    [
      "zip64 sizes that lie",
      "checkpoint.unsafe",
      /directory/,
      () => zip([{ ...entry, wide: [2n ** 40n, 2n ** 40n, 0n] }, data]),
    ],
    ["zip64 without its sizes", "checkpoint.format", /missing/, () => zip([{ ...entry, wide: [24n] }, data])],
    [
      "zip64 without its end",
      "checkpoint.format",
      /locator/,
      () => zip([entry, data], { start: 0xffffffff }),
    ],
    [
      "a zip64 end elsewhere",
      "checkpoint.format",
      /locator says/,
      () => zip([entry, data], { isZip64: true, end64: 2n ** 40n }),
    ],
    ["a count that lies", "checkpoint.format", /ends early/, () => zip([entry, data], { count: 3 })],
    ["a directory elsewhere", "checkpoint.format", /not where/, () => zip([entry, data], { start: 1000 })],
    ["no data.pkl", "checkpoint.format", /found 0/, () => zip([data])],
    ["two data.pkl", "checkpoint.format", /found 2/, () => zip([entry, { ...entry, name: "b/data.pkl" }])],
    [
      "a big-endian machine",
      "checkpoint.unsupported",
      /big-endian/,
      () => zip([entry, data, { name: "a/byteorder", bytes: Buffer.from("big") }]),
    ],
    [
      "half an archive",
      "checkpoint.truncated",
      /no(ne| directory)/,
      () => zip([entry, data]).subarray(0, -30),
    ],
  ]);
});

describe("safetensors that lie", () => {
  const f32 = (start: number, end: number): Record<string, unknown> => ({
    dtype: "F32",
    shape: [(end - start) / 4],
    data_offsets: [start, end],
  });
  const eight = new Uint8Array(8);
  const header = Buffer.alloc(64);
  header.writeBigUInt64LE(200_000_000n);
  header.write("{", 8);
  check([
    ["a header of 200 MB", "checkpoint.unsafe", /100000000 bytes/, () => header],
    [
      "a header past the end",
      "checkpoint.truncated",
      /truncated/,
      () => safetensors({ a: f32(0, 8) }).subarray(0, 20),
    ],
    ["no JSON", "checkpoint.format", /JSON/, () => safetensors("{nonsense")],
    [
      "data past the end",
      "checkpoint.truncated",
      /truncated/,
      () => safetensors({ a: f32(0, 8) }, new Uint8Array(4)),
    ],
    ["data left over", "checkpoint.format", /to end with/, () => safetensors({ a: f32(0, 4) }, eight)],
    ["an overlap", "checkpoint.format", /overlap/, () => safetensors({ a: f32(0, 8), b: f32(4, 8) }, eight)],
    ["a hole", "checkpoint.format", /a hole/, () => safetensors({ a: f32(4, 8) }, eight)],
    [
      "a length that differs",
      "checkpoint.format",
      /take 8 bytes/,
      () => safetensors({ a: { ...f32(0, 4), shape: [2] } }, eight),
    ],
    [
      "sizes beyond numbers",
      "checkpoint.format",
      /fit a file/,
      () => safetensors({ a: { ...f32(0, 4), shape: [2 ** 40, 2 ** 40] } }, eight),
    ],
    [
      "a negative size",
      "checkpoint.format",
      /whole numbers/,
      () => safetensors({ a: { ...f32(0, 4), shape: [-1] } }, eight),
    ],
    [
      "falling offsets",
      "checkpoint.format",
      /rising/,
      () => safetensors({ a: { dtype: "F32", shape: [], data_offsets: [4, 0] } }, eight),
    ],
    [
      "a type of no CLIP",
      "checkpoint.dtype",
      /F8_E4M3/,
      () => safetensors({ a: { dtype: "F8_E4M3", shape: [8], data_offsets: [0, 8] } }, eight),
    ],
    [
      "an inherited type",
      "checkpoint.dtype",
      /constructor/,
      () => safetensors({ a: { dtype: "constructor", shape: [], data_offsets: [0, 8] } }, eight),
    ],
    [
      "metadata of numbers",
      "checkpoint.format",
      /metadata/,
      () => safetensors({ __metadata__: { a: 1 }, a: f32(0, 8) }, eight),
    ],
    ["an entry that is no object", "checkpoint.format", /an object/, () => safetensors({ a: 1 }, eight)],
    [
      "one name twice",
      "checkpoint.format",
      /each key once/,
      () => safetensors(`{"a":${JSON.stringify(f32(0, 4))},"\\u0061":${JSON.stringify(f32(0, 8))}}`, eight),
    ],
    [
      "one field twice",
      "checkpoint.format",
      /each key once/,
      () => safetensors('{"a":{"dtype":"F32","shape":[1],"shape":[2],"data_offsets":[0,8]}}', eight),
    ],
  ]);

  test("names that objects inherit are names like others", async () => {
    const bytes = safetensors(
      `{"__proto__":${JSON.stringify(f32(0, 4))},"constructor":${JSON.stringify(f32(4, 8))}}`,
      eight,
    );
    expect([...(await readAll(bytes)).keys()]).toEqual(["__proto__", "constructor"]);
  });
});

describe("files that are no checkpoints", () => {
  check([
    ["an empty file", "checkpoint.format", /is empty/, () => new Uint8Array(0)],
    [
      "a Git LFS pointer",
      "checkpoint.format",
      /Git LFS/,
      () => Buffer.from("version https://git-lfs.github.com/spec/v1\n"),
    ],
    ["a web page", "checkpoint.format", /web page/, () => Buffer.from("<!DOCTYPE html><p>404")],
    ["a gzip file", "checkpoint.format", /gzip/, () => Buffer.from("\x1f\x8b\x08", "latin1")],
    ["JSON", "checkpoint.format", /JSON/, () => Buffer.from('{"model_type": "clip"}')],
    ["another pickle", "checkpoint.format", /torch\.save did not write/, () => pickle(...dict({ a: [1] }))],
    ["text", "checkpoint.format", /none of these/, () => Buffer.from("hello")],
  ]);
});
