import { DTYPE_BYTES, type DType, type NamedTensor, type TensorMap } from "../checkpoint/tensor.js";
import { tensorToF32 } from "../checkpoint/to-f32.js";
import { ClipError } from "../errors.js";
import type { GraphBuilder } from "../graph/builder.js";
import { cast } from "../graph/ops.js";
import type { OnnxType, Value } from "../graph/types.js";
import { huggingFaceName } from "./naming.js";
import { transposeBytes } from "./permute.js";

/** Types that a graph keeps as they are on disk, computing in f32; f64 becomes f32, whole numbers are refused. */
const STORED: Partial<Record<DType, OnnxType>> = { f32: "f32", f16: "f16", bf16: "bf16" };

/** `checkpoint.missing-tensor`, which names the tensor as both OpenAI and Hugging Face do. */
export function missingTensor(name: string, expected: string): ClipError {
  const other = huggingFaceName(name);
  const also = other ? ` (${other} in Hugging Face's naming)` : "";
  const message = `Expected a tensor ${name} ${expected}${also} but the checkpoint has none of that name.`;
  return new ClipError("checkpoint.missing-tensor", message);
}

/** Named tensors with checks of presence and shape, and the forms in which a graph takes them. */
export class Weights {
  constructor(readonly tensors: TensorMap) {}

  /** The tensor of that name and shape. Raises `checkpoint.missing-tensor`, `checkpoint.shape` or `checkpoint.dtype`. */
  get(name: string, shape: readonly number[]): NamedTensor {
    const tensor = this.tensors.get(name);
    const expected = `[${shape.join(", ")}]`;
    if (!tensor) throw missingTensor(name, expected);
    if (tensor.shape.length !== shape.length || tensor.shape.some((size, i) => size !== shape[i])) {
      const came = `[${tensor.shape.join(", ")}]`;
      throw new ClipError(
        "checkpoint.shape",
        `Expected ${tensor.name} to have shape ${expected} but received ${came}.`,
      );
    }
    if (!STORED[tensor.dtype] && tensor.dtype !== "f64") {
      throw new ClipError(
        "checkpoint.dtype",
        `Expected ${tensor.name} to hold floats but received ${tensor.dtype}.`,
      );
    }
    return tensor;
  }

  /** Values as f32 in memory, for small tensors that are computed with while compiling. */
  floats(name: string, shape: readonly number[]): Float32Array {
    return tensorToF32(this.get(name, shape));
  }

  /** A small tensor as an f32 constant. */
  small(g: GraphBuilder, name: string, shape: readonly number[]): Value {
    return g.floats(name, this.floats(name, shape), shape);
  }

  /** Rows of a matrix, given other sizes, in their stored type and cast to f32 (ONNX Runtime folds it on opening). */
  rows(
    g: GraphBuilder,
    name: string,
    shape: readonly [number, number],
    rows: readonly [number, number] = [0, shape[0]],
    dims: readonly number[] = shape,
  ): Value {
    const arrange = (bytes: Uint8Array, size: number): Uint8Array =>
      bytes.subarray(rows[0] * shape[1] * size, rows[1] * shape[1] * size);
    return cast(
      g,
      this.stored(g, name, shape, { dims, arrange, label: `${name}[${rows.join(":")}]` }),
      "f32",
    );
  }

  /** A linear layer's weight [out, in], or those of `rows` from a stack of such, as a constant [in, out] in f32. */
  linear(
    g: GraphBuilder,
    name: string,
    shape: readonly [number, number],
    rows?: readonly [number, number],
  ): Value {
    const [first, last] = rows ?? [0, shape[0]];
    const arrange = (bytes: Uint8Array, size: number): Uint8Array => {
      const part = bytes.subarray(first * shape[1] * size, last * shape[1] * size);
      return transposeBytes(part, last - first, shape[1], size);
    };
    const label = `${name}[${first}:${last}].T`;
    return cast(g, this.stored(g, name, shape, { dims: [shape[1], last - first], arrange, label }), "f32");
  }

  /** A tensor in its stored type, its bytes rearranged on the way to the file. */
  stored(
    g: GraphBuilder,
    name: string,
    shape: readonly number[],
    form: {
      readonly dims: readonly number[];
      readonly label?: string;
      readonly arrange?: (bytes: Uint8Array, elementBytes: number) => Uint8Array;
    },
  ): Value {
    const tensor = this.get(name, shape);
    const type = STORED[tensor.dtype] ?? "f32";
    const size = DTYPE_BYTES[tensor.dtype === "f64" ? "f32" : tensor.dtype];
    const { arrange = (bytes) => bytes } = form;
    return g.weight({
      name: form.label ?? name,
      type,
      dims: form.dims,
      byteLength: size * form.dims.reduce((a, b) => a * b, 1),
      read: () => arrange(tensor.dtype === "f64" ? bytesOf(tensorToF32(tensor)) : tensor.read(), size),
    });
  }
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
