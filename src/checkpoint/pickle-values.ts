import type { DType } from "./tensor.js";

/** What an unpickled file is made of: plain data and descriptions. None of it has behaviour. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickleList
  | PickleDict
  | PickleObject
  | GlobalName
  | StorageReference
  | TensorReference
  | Inert;

/** A list, tuple or set. */
export class PickleList {
  constructor(
    readonly kind: "list" | "tuple" | "set",
    readonly items: PickleValue[],
  ) {}
}

/** A dict in insertion order, where a later value replaces an earlier one. Keys that are no text or number are dropped. */
export class PickleDict {
  readonly entries = new Map<string | number, PickleValue>();

  set(key: PickleValue, value: PickleValue): void {
    if (typeof key === "string" || typeof key === "number") this.entries.set(key, value);
  }
}

/** An instance of a TorchScript class (`__torch__.…`): its attributes, and nothing of its code. */
export class PickleObject {
  state: PickleDict | undefined;

  constructor(readonly className: string) {}
}

/** A permitted global, by name. */
export class GlobalName {
  constructor(readonly name: string) {}
}

/** A run of numbers that lies elsewhere in the checkpoint under `key`. */
export class StorageReference {
  constructor(
    readonly key: string,
    /** Undefined for an untyped storage: then the tensor says. */
    readonly dtype: DType | undefined,
    /** Of all that lies under `key`: in elements, or in bytes where untyped. */
    readonly length: number,
    /** The part that this one sees, in the same unit (less than all only for legacy views). */
    readonly part: { readonly start: number; readonly length: number },
  ) {}
}

/** A view on a storage: sizes, strides and offset in elements, not yet checked. */
export class TensorReference {
  constructor(
    readonly storage: StorageReference,
    readonly dtype: DType,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** Something harmless that no weights need: a numpy number, a path, command line arguments. */
export class Inert {}
