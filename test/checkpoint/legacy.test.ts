import { describe, expect, test } from "vitest";
import { check, good, readAll } from "./hostile.js";
import { dict, op, type Piece, pickle, torchZip } from "./pack.js";

const values = new Float32Array([1, 2, 3, 4, 5, 6]);
const bytes = new Uint8Array(values.buffer);

/** A storage with its number of elements before it. */
function storage(count: number, data: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  head.writeBigInt64LE(BigInt(count));
  return Buffer.concat([head, data]);
}

interface Parts {
  readonly version?: number;
  readonly isLittle?: boolean;
  readonly keys?: Piece[];
  readonly storages?: Buffer;
}

/** torch's legacy form of that pickle. */
function legacy(contents: Piece[], parts: Parts = {}): Buffer {
  return Buffer.concat([
    pickle(op(0x8a, 10, "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19")),
    pickle(parts.version ?? 1001),
    pickle(...dict({ little_endian: [op(parts.isLittle === false ? 0x89 : 0x88)] })),
    pickle(...contents),
    pickle(...(parts.keys ?? [op("]("), "0", op("e")])),
    parts.storages ?? storage(6, bytes),
  ]);
}

/** A tensor of 2 floats whose storage is a view on elements 3 to 5 of storage 0, as torch before 0.4 wrote it. */
const view: Piece[] = [
  op("ctorch._utils\n_rebuild_tensor\n(("),
  ...["storage", op("ctorch\nFloatStorage\n"), "0", "cpu", 6, op("("), "v", 3, 2, op("ttQ")],
  ...[0, op("("), 2, op("t("), 1, op("ttR")],
];

describe("torch's legacy form", () => {
  test("opens, views on storages too", async () => {
    const found = await readAll(legacy(dict({ a: good, b: view })));
    expect(Object.fromEntries(found)).toEqual({ a: values, b: new Float32Array([4, 5]) });
  });

  const state = dict({ a: good });
  check([
    ["another version", "checkpoint.format", /version 1001/, () => legacy(state, { version: 1002 })],
    [
      "a big-endian machine",
      "checkpoint.unsupported",
      /big-endian/,
      () => legacy(state, { isLittle: false }),
    ],
    [
      "keys that are no list",
      "checkpoint.format",
      /list of storage keys/,
      () => legacy(state, { keys: [5] }),
    ],
    [
      "a key that nothing mentions",
      "checkpoint.format",
      /a mention/,
      () => legacy(state, { keys: [op("]("), "9", op("e")] }),
    ],
    [
      "a key twice",
      "checkpoint.format",
      /once/,
      () =>
        legacy(state, {
          keys: [op("]("), "0", "0", op("e")],
          storages: Buffer.concat([storage(6, bytes), storage(6, bytes)]),
        }),
    ],
    ["no keys", "checkpoint.truncated", /storage 0 of a/, () => legacy(state, { keys: [op("]")] })],
    [
      "another number of elements",
      "checkpoint.format",
      /6 elements/,
      () => legacy(state, { storages: storage(2 ** 40, bytes) }),
    ],
    [
      "a negative number of elements",
      "checkpoint.format",
      /6 elements/,
      () => legacy(state, { storages: storage(-6, bytes) }),
    ],
    [
      "a storage cut short",
      "checkpoint.truncated",
      /truncated/,
      () => legacy(state, { storages: storage(6, bytes.subarray(0, 20)) }),
    ],
    [
      "a global in the keys",
      "checkpoint.unsafe",
      /os\.system/,
      () => legacy(state, { keys: [op("cos\nsystem\n")] }),
    ],
  ]);
});

describe("untyped storages, whose tensors say their type", () => {
  const untyped = (type: string): Buffer => {
    const storageOfBytes = [
      op("(("),
      "storage",
      op("ctorch.storage\nUntypedStorage\n"),
      "0",
      "cpu",
      24,
      op("tQ"),
    ];
    const rest = [1, op("("), 2, op("t("), 1, op(`t`, 0x89, "}", `ctorch\n${type}\n`, "tR")];
    return torchZip(
      pickle(...dict({ a: [op("ctorch._utils\n_rebuild_tensor_v3\n"), ...storageOfBytes, ...rest] })),
      [bytes],
    );
  };

  test("are read by it", async () => {
    expect(await readAll(untyped("float32"))).toEqual(new Map([["a", new Float32Array([2, 3])]]));
  });

  check([
    ["a type of no CLIP", "checkpoint.unsafe", /torch\.float8_e5m2/, () => untyped("float8_e5m2")],
    ["a name that is no type", "checkpoint.format", /a tensor's storage/, () => untyped("Size")],
  ]);
});
