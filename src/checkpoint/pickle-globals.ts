import { ClipError } from "../errors.js";
import type { Budget } from "./budget.js";
import {
  GlobalName,
  Inert,
  PickleDict,
  PickleList,
  PickleObject,
  type PickleValue,
  StorageReference,
  TensorReference,
} from "./pickle-values.js";
import type { DType } from "./tensor.js";

/** Storage classes of torch → element types. */
const STORAGES: Readonly<Record<string, DType>> = {
  ...{
    HalfStorage: "f16",
    BFloat16Storage: "bf16",
    FloatStorage: "f32",
    DoubleStorage: "f64",
    BoolStorage: "bool",
  },
  ...{ ByteStorage: "u8", CharStorage: "i8", ShortStorage: "i16", IntStorage: "i32", LongStorage: "i64" },
};

/** torch's names of element types, for untyped storages. */
const DTYPES: Readonly<Record<string, DType>> = {
  ...{ "torch.float16": "f16", "torch.bfloat16": "bf16", "torch.float32": "f32", "torch.float64": "f64" },
  ...{
    "torch.half": "f16",
    "torch.float": "f32",
    "torch.double": "f64",
    "torch.bool": "bool",
    "torch.uint8": "u8",
  },
  ...{ "torch.int8": "i8", "torch.int16": "i16", "torch.int32": "i32", "torch.int64": "i64" },
};

type Call = (args: readonly PickleValue[], budget: Budget) => PickleValue;

const inert: Call = () => new Inert();

/** What may be called, by what it means here. Everything else in a pickle is data. */
const CALLS: Readonly<Record<string, Call>> = {
  "collections.OrderedDict": orderedDict,
  "collections.defaultdict": () => new PickleDict(),
  "collections.Counter": () => new PickleDict(),
  "torch._utils._rebuild_tensor": tensorV2,
  "torch._utils._rebuild_tensor_v2": tensorV2,
  "torch._utils._rebuild_tensor_v3": (args) => tensorV2(args, args[6]),
  "torch._utils._rebuild_parameter": ([data]) => data ?? null,
  "torch._utils._rebuild_parameter_with_state": ([data]) => data ?? null,
  "torch.jit._pickle.restore_type_tag": ([data]) => data ?? null,
  ...Object.fromEntries(
    ["int", "double", "bool", "tensor"].map((kind) => [
      `torch.jit._pickle.build_${kind}list`,
      (([data]) => data ?? null) satisfies Call,
    ]),
  ),
  "torch.Size": ([data]) => data ?? null,
  // What trainers leave beside their weights.
  ...Object.fromEntries(
    [
      ...["torch.device", "torch.serialization._get_layout", "_codecs.encode"],
      ...["numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar", "numpy.dtype"],
      ...["numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct"],
      ...[
        "pathlib.Path",
        "pathlib.PosixPath",
        "pathlib.PurePosixPath",
        "pathlib.WindowsPath",
        "pathlib._local.PosixPath",
      ],
      ...["builtins.set", "builtins.frozenset", "builtins.bytearray", "builtins.complex", "builtins.slice"],
      ...["__builtin__.set", "__builtin__.frozenset", "__builtin__.bytearray", "__builtin__.complex"],
    ].map((name) => [name, inert]),
  ),
};

/** Classes that may be made empty and filled with attributes, all of which are dropped. */
const PLAIN_CLASSES = new Set(["argparse.Namespace", "types.SimpleNamespace"]);

/** Names that are only mentioned. */
const MENTIONED = new Set([
  ...Object.keys(STORAGES).flatMap((name) => [`torch.${name}`, `torch.cuda.${name}`]),
  ...["torch.storage.UntypedStorage", "torch.storage._UntypedStorage", "torch.storage.TypedStorage"],
  ...Object.keys(DTYPES),
  ...[
    "numpy.ndarray",
    "builtins.int",
    "builtins.float",
    "builtins.list",
    "builtins.dict",
    "builtins.str",
    "builtins.bool",
  ],
]);

/** TorchScript's own classes; the names are kept for messages only. */
const TORCHSCRIPT = "__torch__.";

/** The global of that name. Raises `checkpoint.unsafe` for every name that is not on the fixed list. */
export function permittedGlobal(name: string): GlobalName {
  const known =
    Object.hasOwn(CALLS, name) ||
    PLAIN_CLASSES.has(name) ||
    MENTIONED.has(name) ||
    name.startsWith(TORCHSCRIPT);
  if (known) return new GlobalName(name);
  const shown = JSON.stringify(name.slice(0, 200));
  throw new ClipError(
    "checkpoint.unsafe",
    `Expected only the names that weights need but the file asks for ${shown}: nothing of it was run; save the model's state_dict() alone.`,
  );
}

/** What REDUCE means. Raises `checkpoint.unsafe` for a global that may only be mentioned. */
export function callGlobal(callee: PickleValue, args: PickleValue, budget: Budget): PickleValue {
  const items = args instanceof PickleList && args.kind === "tuple" ? args.items : undefined;
  const call =
    callee instanceof GlobalName && Object.hasOwn(CALLS, callee.name) ? CALLS[callee.name] : undefined;
  if (call && items) return call(items, budget);
  const what = callee instanceof GlobalName ? callee.name : "a value that is no function";
  throw new ClipError(
    "checkpoint.unsafe",
    `Expected a call of a tensor-building function but the file calls ${what}.`,
  );
}

/** What NEWOBJ means: an empty object of a TorchScript class, or of a plain one whose attributes are dropped. */
export function newObject(type: PickleValue): PickleValue {
  if (type instanceof GlobalName && type.name.startsWith(TORCHSCRIPT)) return new PickleObject(type.name);
  if (type instanceof GlobalName && PLAIN_CLASSES.has(type.name)) return new Inert();
  if (type instanceof GlobalName && type.name === "collections.OrderedDict") return new PickleDict();
  const what = type instanceof GlobalName ? type.name : "a value that is no class";
  throw new ClipError(
    "checkpoint.unsafe",
    `Expected a new object of a TorchScript class but the file makes one of ${what}.`,
  );
}

/** torch's persistent id: ("storage", class, key, device, length[, view]). */
export function storageOf(id: PickleValue): StorageReference {
  const [kind, type, key, , length, view] = id instanceof PickleList ? id.items : [];
  const wrong = (): ClipError =>
    new ClipError(
      "checkpoint.format",
      "Expected a storage's kind, class, key, device and length but received something else.",
    );
  if (kind !== "storage" || !(type instanceof GlobalName) || !isCount(length)) throw wrong();
  if (typeof key !== "string" && typeof key !== "number") throw wrong();
  const dtype = STORAGES[type.name.replace(/^torch\.(cuda\.)?/, "")];
  if (!dtype && !type.name.endsWith("UntypedStorage")) throw wrong();
  if (view === undefined || view === null) {
    return new StorageReference(String(key), dtype, length, { start: 0, length });
  }
  const [, offset, size] = view instanceof PickleList ? view.items : [];
  if (!isCount(offset) || !isCount(size) || offset + size > length) throw wrong();
  return new StorageReference(String(key), dtype, length, { start: offset, length: size });
}

function orderedDict(args: readonly PickleValue[], budget: Budget): PickleDict {
  const dict = new PickleDict();
  const [pairs] = args;
  if (!(pairs instanceof PickleList)) return dict;
  budget.spend(pairs.items.length);
  for (const pair of pairs.items) {
    const [key, value] = pair instanceof PickleList ? pair.items : [];
    if (key !== undefined && value !== undefined) dict.set(key, value);
  }
  return dict;
}

/** (storage, offset, sizes, strides, …); `type` names the element type of an untyped storage. */
function tensorV2(args: readonly PickleValue[], type?: unknown): TensorReference {
  const [storage, offset, sizes, strides] = args;
  const dtype =
    type instanceof GlobalName
      ? DTYPES[type.name]
      : storage instanceof StorageReference
        ? storage.dtype
        : undefined;
  const shape = counts(sizes);
  const steps = counts(strides);
  if (
    storage instanceof StorageReference &&
    dtype &&
    isCount(offset) &&
    shape &&
    steps &&
    shape.length === steps.length
  ) {
    return new TensorReference(storage, dtype, offset, shape, steps);
  }
  throw new ClipError(
    "checkpoint.format",
    "Expected a tensor's storage, offset, sizes and strides but received something else.",
  );
}

function counts(value: PickleValue | undefined): number[] | undefined {
  if (!(value instanceof PickleList) || value.items.length > 64) return undefined;
  return value.items.every(isCount) ? [...value.items] : undefined;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
