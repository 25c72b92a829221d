import { ClipError, type ErrorCode, shownValue } from "../errors.js";

/** A JSON object from outside, read key by key; every wrong value is one sentence that names file and key. */
export class JsonObject {
  private constructor(
    readonly where: string,
    readonly fields: Readonly<Record<string, unknown>>,
    readonly code: ErrorCode,
  ) {}

  /** `where` names the file in messages. */
  static parse(text: string, where: string, code: ErrorCode): JsonObject {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw new ClipError(code, `Expected ${where} to be JSON but it is not.`, { cause: error });
    }
    return JsonObject.of(value, where, code);
  }

  static of(value: unknown, where: string, code: ErrorCode): JsonObject {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return new JsonObject(where, value as Record<string, unknown>, code);
    }
    throw new ClipError(code, `Expected ${where} to be an object but received ${show(value)}.`);
  }

  has(key: string): boolean {
    return this.fields[key] !== undefined && this.fields[key] !== null;
  }

  object(key: string): JsonObject {
    return JsonObject.of(this.fields[key], `${this.where}: ${key}`, this.code);
  }

  /** An empty object where the key is absent. */
  optionalObject(key: string): JsonObject {
    return this.has(key) ? this.object(key) : JsonObject.of({}, `${this.where}: ${key}`, this.code);
  }

  string(key: string, fallback?: string): string {
    const value = this.#value(key, fallback);
    if (typeof value === "string") return value;
    throw this.wrong(key, "a text");
  }

  boolean(key: string, fallback?: boolean): boolean {
    const value = this.#value(key, fallback);
    if (typeof value === "boolean") return value;
    throw this.wrong(key, "true or false");
  }

  number(key: string, fallback?: number): number {
    const value = this.#value(key, fallback);
    if (typeof value === "number" && Number.isFinite(value)) return value;
    throw this.wrong(key, "a number");
  }

  /** A whole number from `least` to `most`. */
  integer(key: string, least: number, most: number, fallback?: number): number {
    const value = this.#value(key, fallback);
    if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most)
      return value as number;
    throw this.wrong(key, `a whole number from ${least} to ${most}`);
  }

  strings(key: string, fallback?: readonly string[]): readonly string[] {
    const value = this.#value(key, fallback);
    if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
    throw this.wrong(key, "a list of texts");
  }

  /** A list of at most `count` whole numbers from `least` to `most`. */
  integers(key: string, least: number, most: number, count: number): readonly number[] {
    const value = this.fields[key];
    const isWanted = (item: unknown): boolean =>
      Number.isInteger(item) && (item as number) >= least && (item as number) <= most;
    if (Array.isArray(value) && value.length <= count && value.every(isWanted)) return value;
    throw this.wrong(key, `a list of at most ${count} whole numbers from ${least} to ${most}`);
  }

  /** A list of 1 to `most` objects. */
  objects(key: string, most: number): readonly JsonObject[] {
    const value = this.fields[key];
    if (!Array.isArray(value) || value.length < 1 || value.length > most)
      throw this.wrong(key, `a list of 1 to ${most} objects`);
    return value.map((item, i) => JsonObject.of(item, `${this.where}: ${key}[${i}]`, this.code));
  }

  /** Three numbers, one a colour. */
  colours(key: string, fallback?: readonly [number, number, number]): readonly [number, number, number] {
    const value = this.#value(key, fallback);
    if (Array.isArray(value) && value.length === 3 && value.every((item) => Number.isFinite(item))) {
      return value as unknown as readonly [number, number, number];
    }
    throw this.wrong(key, "three numbers");
  }

  oneOf<T extends string>(key: string, choices: readonly T[], fallback?: T): T {
    const value = this.#value(key, fallback);
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    throw this.wrong(key, `one of ${choices.join(", ")}`);
  }

  wrong(key: string, expected: string): ClipError {
    return new ClipError(
      this.code,
      `Expected ${this.where}: ${key} to be ${expected} but received ${show(this.fields[key])}.`,
    );
  }

  #value(key: string, fallback: unknown): unknown {
    return this.has(key) ? this.fields[key] : fallback;
  }
}

function show(value: unknown): string {
  return value === undefined ? "nothing" : shownValue(value);
}
