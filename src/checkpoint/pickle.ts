import { ClipError } from "../errors.js";
import { Budget } from "./budget.js";
import { PickleCursor } from "./pickle-cursor.js";
import { callGlobal, newObject, permittedGlobal, storageOf } from "./pickle-globals.js";
import {
  GlobalName,
  Inert,
  PickleDict,
  PickleList,
  PickleObject,
  type PickleValue,
  type StorageReference,
} from "./pickle-values.js";

/** Steps: about 30 a tensor, so room for 60,000 tensors (a model, its averages and its optimizer's two moments). */
const MOST_STEPS = 2_000_000;

/** Values on the stack: TorchScript puts all attributes of a module there at once, a few thousand at most. */
const MOST_STACK = 200_000;

/** Open marks: one a level of nesting. */
const MOST_MARKS = 1000;

/** Highest protocol of Python's pickle module (PEP 574). */
const HIGHEST_PROTOCOL = 5;

export interface Pickle {
  readonly value: PickleValue;
  /** Bytes up to and with its STOP. */
  readonly length: number;
  /** All storages that it mentions, as often as it does. */
  readonly storages: readonly StorageReference[];
}

/**
 * One pickle as plain data, by a small machine that knows only the operations that torch writes for tensors and plain
 * values, and only a fixed list of global names, all with a meaning of our own: nothing is looked up, imported or run.
 * Raises `checkpoint.unsafe`, `checkpoint.truncated` or `checkpoint.format`.
 */
export function readPickle(bytes: Uint8Array, where: string): Pickle {
  const machine = new Machine(new PickleCursor(bytes, where));
  const value = machine.run();
  return { value, length: machine.cursor.at, storages: machine.storages };
}

class Machine {
  readonly storages: StorageReference[] = [];
  readonly #stack: PickleValue[] = [];
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, PickleValue>();
  readonly #budget: Budget;

  constructor(readonly cursor: PickleCursor) {
    this.#budget = new Budget(MOST_STEPS, `unpickling ${cursor.where}`);
  }

  run(): PickleValue {
    for (;;) {
      this.#budget.spend(1);
      const at = this.cursor.at;
      const code = this.cursor.u8();
      if (code === 0x2e) return this.#pop();
      const operation = OPERATIONS.get(code);
      if (!operation) {
        const shown = `0x${code.toString(16).padStart(2, "0")} at byte ${at}`;
        throw new ClipError(
          "checkpoint.unsafe",
          `Expected only operations that tensors need in ${this.cursor.where} but found ${shown}.`,
        );
      }
      operation(this, this.cursor);
      if (this.#stack.length > MOST_STACK) throw this.#tooDeep(`${MOST_STACK} values on the stack`);
    }
  }

  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  /** The next value down, which must not lie below an open mark. */
  #pop(): PickleValue {
    const value = this.#stack.length > (this.#marks.at(-1) ?? 0) ? this.#stack.pop() : undefined;
    if (value === undefined) throw this.#broken("takes a value that is not there");
    return value;
  }

  #top(): PickleValue {
    const value = this.#stack.length > (this.#marks.at(-1) ?? 0) ? this.#stack.at(-1) : undefined;
    if (value === undefined) throw this.#broken("looks at a value that is not there");
    return value;
  }

  pop(): void {
    if (this.#marks.at(-1) === this.#stack.length) this.#marks.pop();
    else this.#pop();
  }

  duplicate(): void {
    this.push(this.#top());
  }

  mark(): void {
    this.#marks.push(this.#stack.length);
    if (this.#marks.length > MOST_MARKS) throw this.#tooDeep(`${MOST_MARKS} levels`);
  }

  sinceMark(): PickleValue[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw this.#broken("goes back to a mark that is not there");
    return this.#stack.splice(mark);
  }

  remember(key: number): void {
    this.#memo.set(key, this.#top());
  }

  memoize(): void {
    this.remember(this.#memo.size);
  }

  recall(key: number): void {
    const value = this.#memo.get(key);
    if (value === undefined) throw this.#broken("recalls a value that it never stored");
    this.push(value);
  }

  tuple(length: number): void {
    const items = Array.from({ length }, () => this.#pop()).reverse();
    this.push(new PickleList("tuple", items));
  }

  append(items: PickleValue[]): void {
    const list = this.#top();
    if (list instanceof PickleList && list.kind !== "tuple") for (const item of items) list.items.push(item);
    else if (!(list instanceof Inert)) throw this.#broken("adds to something that is no list");
  }

  appendOne(): void {
    this.append([this.#pop()]);
  }

  setItems(items: PickleValue[]): void {
    const dict = this.#top();
    if (items.length % 2 === 1) throw this.#broken("sets a key without a value");
    if (dict instanceof Inert) return;
    if (!(dict instanceof PickleDict)) throw this.#broken("sets a key of something that is no dict");
    for (let i = 0; i < items.length; i += 2) dict.set(items[i]!, items[i + 1]!);
  }

  setOne(): void {
    const value = this.#pop();
    this.setItems([this.#pop(), value]);
  }

  dictSinceMark(): void {
    const items = this.sinceMark();
    this.push(new PickleDict());
    this.setItems(items);
  }

  global(name: string): void {
    this.push(permittedGlobal(name));
  }

  stackGlobal(): void {
    const name = this.#pop();
    const module = this.#pop();
    if (typeof name !== "string" || typeof module !== "string")
      throw this.#broken("names a global without a text");
    this.global(`${module}.${name}`);
  }

  reduce(): void {
    const args = this.#pop();
    this.push(callGlobal(this.#pop(), args, this.#budget));
  }

  newObject(): void {
    this.#pop();
    this.push(newObject(this.#pop()));
  }

  storage(): void {
    const storage = storageOf(this.#pop());
    this.storages.push(storage);
    this.push(storage);
  }

  /** Attributes of a TorchScript object are its state; those of anything else (`_metadata` of a state dict) are dropped. */
  build(): void {
    const state = this.#pop();
    const target = this.#top();
    if (target instanceof PickleObject && state instanceof PickleDict) target.state = state;
    else if (
      target instanceof PickleObject ||
      target === null ||
      typeof target !== "object" ||
      target instanceof GlobalName
    ) {
      throw this.#broken("gives attributes to something that can't have them");
    }
  }

  #broken(what: string): ClipError {
    return new ClipError(
      "checkpoint.format",
      `Expected a whole pickle in ${this.cursor.where} but it ${what}.`,
    );
  }

  #tooDeep(what: string): ClipError {
    return new ClipError(
      "checkpoint.unsafe",
      `Expected at most ${what} in ${this.cursor.where} but it has more.`,
    );
  }
}

type Operation = (machine: Machine, cursor: PickleCursor) => void;

/** Opcode → meaning (names in Python's Lib/pickletools.py). Text forms of protocol 0, INST, OBJ and EXT are not here. */
const OPERATIONS: ReadonlyMap<number, Operation> = new Map<number, Operation>([
  [0x80, (_, c) => checkProtocol(c)], // PROTO
  [0x95, (_, c) => void c.u64()], // FRAME: a hint for reading ahead
  [0x28, (m) => m.mark()], // MARK
  [0x30, (m) => m.pop()], // POP
  [0x31, (m) => void m.sinceMark()], // POP_MARK
  [0x32, (m) => m.duplicate()], // DUP
  [0x4e, (m) => m.push(null)], // NONE
  [0x88, (m) => m.push(true)], // NEWTRUE
  [0x89, (m) => m.push(false)], // NEWFALSE
  [0x4b, (m, c) => m.push(c.u8())], // BININT1
  [0x4d, (m, c) => m.push(c.u16())], // BININT2
  [0x4a, (m, c) => m.push(c.i32())], // BININT
  [0x8a, (m, c) => m.push(c.long(c.u8()))], // LONG1
  [0x8b, (m, c) => m.push(c.long(c.u32()))], // LONG4
  [0x47, (m, c) => m.push(c.f64())], // BINFLOAT
  [0x8c, (m, c) => m.push(c.text(c.u8()))], // SHORT_BINUNICODE
  [0x58, (m, c) => m.push(c.text(c.u32()))], // BINUNICODE
  [0x8d, (m, c) => m.push(c.text(c.u64()))], // BINUNICODE8
  [0x55, (m, c) => m.push(c.text(c.u8()))], // SHORT_BINSTRING
  [0x54, (m, c) => m.push(c.text(c.u32()))], // BINSTRING
  [0x43, (m, c) => m.push(c.skip(c.u8()))], // SHORT_BINBYTES
  [0x42, (m, c) => m.push(c.skip(c.u32()))], // BINBYTES
  [0x8e, (m, c) => m.push(c.skip(c.u64()))], // BINBYTES8
  [0x96, (m, c) => m.push(c.skip(c.u64()))], // BYTEARRAY8
  [0x5d, (m) => m.push(new PickleList("list", []))], // EMPTY_LIST
  [0x6c, (m) => m.push(new PickleList("list", m.sinceMark()))], // LIST
  [0x61, (m) => m.appendOne()], // APPEND
  [0x65, (m) => m.append(m.sinceMark())], // APPENDS
  [0x8f, (m) => m.push(new PickleList("set", []))], // EMPTY_SET
  [0x90, (m) => m.append(m.sinceMark())], // ADDITEMS
  [0x91, (m) => m.push(new PickleList("set", m.sinceMark()))], // FROZENSET
  [0x29, (m) => m.tuple(0)], // EMPTY_TUPLE
  [0x85, (m) => m.tuple(1)], // TUPLE1
  [0x86, (m) => m.tuple(2)], // TUPLE2
  [0x87, (m) => m.tuple(3)], // TUPLE3
  [0x74, (m) => m.push(new PickleList("tuple", m.sinceMark()))], // TUPLE
  [0x7d, (m) => m.push(new PickleDict())], // EMPTY_DICT
  [0x64, (m) => m.dictSinceMark()], // DICT
  [0x73, (m) => m.setOne()], // SETITEM
  [0x75, (m) => m.setItems(m.sinceMark())], // SETITEMS
  [0x71, (m, c) => m.remember(c.u8())], // BINPUT
  [0x72, (m, c) => m.remember(c.u32())], // LONG_BINPUT
  [0x94, (m) => m.memoize()], // MEMOIZE
  [0x68, (m, c) => m.recall(c.u8())], // BINGET
  [0x6a, (m, c) => m.recall(c.u32())], // LONG_BINGET
  [0x63, (m, c) => m.global(`${c.line()}.${c.line()}`)], // GLOBAL
  [0x93, (m) => m.stackGlobal()], // STACK_GLOBAL
  [0x52, (m) => m.reduce()], // REDUCE
  [0x81, (m) => m.newObject()], // NEWOBJ
  [0x62, (m) => m.build()], // BUILD
  [0x51, (m) => m.storage()], // BINPERSID
]);

function checkProtocol(cursor: PickleCursor): void {
  const protocol = cursor.u8();
  if (protocol <= HIGHEST_PROTOCOL) return;
  throw new ClipError(
    "checkpoint.format",
    `Expected a pickle protocol up to ${HIGHEST_PROTOCOL} in ${cursor.where} but received ${protocol}.`,
  );
}
