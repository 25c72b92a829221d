import { describe } from "vitest";
import { archive, check, good } from "./hostile.js";
import { dict, op, type Piece, pickle, tensor, torchZip } from "./pack.js";

const call = (name: string, ...args: Piece[]): Piece[] => [
  op(`c${name.replace(/\.([^.]+)$/, "\n$1")}\n(`),
  ...args,
  op("tR"),
];
const many = (count: number, piece: string): Uint8Array => op(piece.repeat(count));

describe("pickles that ask for more than tensors", () => {
  check([
    [
      "os.system",
      "checkpoint.unsafe",
      /"os\.system"/,
      () => archive(...call("os.system", "touch /tmp/pwned")),
    ],
    ["posix.system", "checkpoint.unsafe", /"posix\.system"/, () => archive(...call("posix.system", "id"))],
    [
      "eval by STACK_GLOBAL",
      "checkpoint.unsafe",
      /"builtins\.eval"/,
      () => archive("builtins", "eval", op(0x93)),
    ],
    ["getattr", "checkpoint.unsafe", /"builtins\.getattr"/, () => archive(...call("builtins.getattr"))],
    [
      "a nested torch.load",
      "checkpoint.unsafe",
      /_load_from_bytes/,
      () => archive(...call("torch.storage._load_from_bytes", "x")),
    ],
    [
      "an inherited name",
      "checkpoint.unsafe",
      /hasOwnProperty/,
      () => archive(...call("Object.hasOwnProperty")),
    ],
    ["a name without a dot", "checkpoint.unsafe", /constructor/, () => archive(op("c\nconstructor\n"))],
    [
      "a class of TorchScript, called",
      "checkpoint.unsafe",
      /calls __torch__\.A/,
      () => archive(...call("__torch__.A")),
    ],
    [
      "a storage class, called",
      "checkpoint.unsafe",
      /calls torch\.FloatStorage/,
      () => archive(...call("torch.FloatStorage", 9)),
    ],
    ["a call of data", "checkpoint.unsafe", /no function/, () => archive("text", op(")R"))],
    [
      "a new object of a function",
      "checkpoint.unsafe",
      /torch\.Size/,
      () => archive(op("ctorch\nSize\n)", 0x81)),
    ],
    ["INST", "checkpoint.unsafe", /0x69 at byte 3/, () => archive(op("(ios\nsystem\n"))],
    ["OBJ", "checkpoint.unsafe", /0x6f/, () => archive(op("(o"))],
    ["EXT1", "checkpoint.unsafe", /0x82/, () => archive(op(0x82, 1))],
    ["NEWOBJ_EX", "checkpoint.unsafe", /0x92/, () => archive(op("}}", 0x92))],
  ]);
});

describe("pickles that want memory or time", () => {
  const long = Buffer.alloc(4);
  long.writeUInt32LE(0x7fffffff);
  check([
    ["a deep nest", "checkpoint.unsafe", /1000 levels/, () => archive(many(5000, "("))],
    ["a wide stack", "checkpoint.unsafe", /200000 values/, () => archive(many(300_000, "N"))],
    ["many steps", "checkpoint.unsafe", /2000000 steps/, () => archive(many(1_100_000, "N0"))],
    [
      "a huge text",
      "checkpoint.truncated",
      /truncated/,
      () => archive(op(0x8d, "\xff\xff\x0f\x00\x00\x00\x00\x00")),
    ],
    [
      "a giant text",
      "checkpoint.unsafe",
      /a text of at most/,
      () => archive(op(0x8d, "\xff\xff\xff\xff\xff\xff\xff\xff")),
    ],
    [
      "giant bytes",
      "checkpoint.unsafe",
      /a byte string/,
      () => archive(op(0x8e, "\xff\xff\xff\xff\xff\xff\xff\x7f")),
    ],
    ["a huge LONG4", "checkpoint.unsafe", /a whole number/, () => archive(op(0x8b), long)],
    [
      "a name without end",
      "checkpoint.unsafe",
      /a name of at most/,
      () => archive(op(`c${"x".repeat(2000)}`)),
    ],
    [
      "a list that doubles through the memo",
      "checkpoint.unsafe",
      /steps/,
      () => {
        const pairs = [op("](", "N".repeat(50_000), "e", "q", 0, "0")];
        const ask = op("ccollections\nOrderedDict\n(h", 0, "tR0");
        return archive(...pairs, ...new Array<Uint8Array>(100).fill(ask));
      },
    ],
    [
      "modules that hold each other without end",
      "checkpoint.unsafe",
      /64 deep/,
      () => archive(op("c__torch__\nA\n)", 0x81, "q", 0, "}("), "x", op("h", 0, "ub")),
    ],
    [
      "modules that double at each level",
      "checkpoint.unsafe",
      /steps/,
      () => {
        const level = (i: number): Piece[] => {
          const inner = i === 0 ? [op("N")] : [op("h", i - 1)];
          return [op("c__torch__\nA\n)", 0x81, "}("), "a", ...inner, "b", ...inner, op("ubq", i)];
        };
        return archive(...Array.from({ length: 40 }, (_, i) => level(i)).flat());
      },
    ],
    [
      "a pickle of 40 MB",
      "checkpoint.unsafe",
      /at most 33554432 bytes/,
      () => torchZip(new Uint8Array(40 << 20)),
    ],
  ]);
});

describe("pickles that are broken", () => {
  check([
    ["nothing", "checkpoint.truncated", /more bytes/, () => torchZip(new Uint8Array(0))],
    [
      "no STOP",
      "checkpoint.truncated",
      /more bytes/,
      () => torchZip(pickle(...dict({ a: good })).subarray(0, -1)),
    ],
    ["an empty stack", "checkpoint.format", /not there/, () => archive()],
    ["a pop below a mark", "checkpoint.format", /not there/, () => archive(op("N(", 0x85))],
    ["no mark", "checkpoint.format", /mark/, () => archive(op("t"))],
    ["an unknown memo", "checkpoint.format", /never stored/, () => archive(op("h", 9))],
    ["odd items", "checkpoint.format", /without a value/, () => archive(op("}("), "a", op("u"))],
    ["a key of a list", "checkpoint.format", /no dict/, () => archive(op("]"), "a", "b", op("s"))],
    ["an item of a dict", "checkpoint.format", /no list/, () => archive(op("}Na"))],
    ["a protocol of tomorrow", "checkpoint.format", /protocol/, () => archive(op(0x80, 9))],
    ["state for a text", "checkpoint.format", /attributes/, () => archive("a", op("}b"))],
    ["a storage that is none", "checkpoint.format", /storage's kind/, () => archive(op("NQ"))],
    [
      "a tensor of nothing",
      "checkpoint.format",
      /a tensor's storage/,
      () => archive(...call("torch._utils._rebuild_tensor_v2")),
    ],
    ["no tensors", "checkpoint.format", /Expected tensors in/, () => archive(...dict({ a: [1], b: ["x"] }))],
    ["only a number", "checkpoint.format", /a state dict/, () => archive(5)],
    [
      "an unknown storage",
      "checkpoint.truncated",
      /storage 0 of a/,
      () => torchZip(pickle(...dict({ a: good })), []),
    ],
    [
      "a short storage",
      "checkpoint.truncated",
      /24 bytes but it has 8/,
      () => torchZip(pickle(...dict({ a: good })), [new Uint8Array(8)]),
    ],
    [
      "sizes that leave the storage",
      "checkpoint.format",
      /leave it/,
      () => archive(...dict({ a: tensor([7], [1]) })),
    ],
    [
      "strides that leave it",
      "checkpoint.format",
      /leave it/,
      () => archive(...dict({ a: tensor([2, 2], [5, 1]) })),
    ],
    [
      "an offset that leaves it",
      "checkpoint.format",
      /leave it/,
      () => archive(...dict({ a: tensor([], [], 6) })),
    ],
    [
      "a negative size",
      "checkpoint.format",
      /sizes and strides/,
      () => archive(...dict({ a: tensor([-1], [1]) })),
    ],
    [
      "a negative stride",
      "checkpoint.format",
      /sizes and strides/,
      () => archive(...dict({ a: tensor([2], [-1], 3) })),
    ],
    [
      "values repeated without end",
      "checkpoint.unsafe",
      /repeat/,
      () => archive(...dict({ a: tensor([2 ** 30], [0]) })),
    ],
    [
      "sizes beyond numbers",
      "checkpoint.format",
      /fit a file/,
      () => archive(...dict({ a: tensor([2 ** 30, 2 ** 30], [0, 0]) })),
    ],
    [
      "too many dimensions",
      "checkpoint.unsafe",
      /16 dimensions/,
      () => archive(...dict({ a: tensor(new Array(20).fill(1), new Array(20).fill(0)) })),
    ],
    [
      "a name of 2,000 letters",
      "checkpoint.unsafe",
      /1000 characters/,
      () => archive(...dict({ ["a".repeat(2000)]: good })),
    ],
  ]);
});
