import pc from "picocolors";
import { asClipError, ClipError } from "../errors.js";

/** Exit codes that scripts rely on. */
export const EXIT = { done: 0, someFailed: 1, usage: 2, interrupted: 130 } as const;

/** Text from outside on one line, without the signs that steer a terminal (C0, C1, delete) or turn its direction. */
export function harmless(text: string): string {
  const line = text.replaceAll(/[\t\r\n]/g, " ");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  return line.replaceAll(/[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
}

/** Data goes here; a reader that has gone away (`| head`) is no error. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Words for the person go here. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

export function warn(message: string): void {
  say(`${pc.yellow("warning:")} ${harmless(message)}`);
}

/** Errors whose sentence names the picture itself. */
const NAMES_ITSELF = /^input\.(?:file|none|url)$/;

/** A warning that is told once: on the terminal, and in the list that goes into JSON. */
export function tellOnce(told: ToldWarning[], { code, message }: ToldWarning, quiet = false): void {
  if (told.some((before) => before.message === message)) return;
  told.push({ code, message });
  if (!quiet) warn(message);
}

export function complain(error: ClipError, about?: string): void {
  const named = about === undefined || NAMES_ITSELF.test(error.code);
  say(
    `${pc.red("error:")} ${harmless(`${named ? "" : `${about}: `}${error.message}`)} ${pc.dim(`(${error.code})`)}`,
  );
}

/** A result's error in the JSON that programs read. */
export function errorJson(error: ClipError): { code: string; message: string } {
  return { code: error.code, message: error.message };
}

/** A warning as programs read it; `model` where a command opens several. */
export interface ToldWarning {
  readonly code: string;
  readonly message: string;
  readonly model?: string;
}

/** The field `warnings` of a command's JSON: there only where there are any. */
export function warningsJson(warnings: readonly ToldWarning[]): { warnings?: readonly ToldWarning[] } {
  return warnings.length > 0 ? { warnings } : {};
}

/** A long list inside a JSON object, printed an item a line as it comes, so that memory stays flat. */
export interface JsonList {
  add(item: unknown): void;
  /** Closes the list; `tail` is what comes after it in the object. */
  end(tail?: object): void;
}

/** Prints `{…head, [key]: [ items ]}`; the head needs at least one value. */
export function jsonList(head: object, key: string): JsonList {
  let before = `${JSON.stringify(head, null, 2).slice(0, -2)},\n  ${JSON.stringify(key)}: [`;
  const begin = before;
  return {
    add(item) {
      process.stdout.write(`${before}\n    ${JSON.stringify(item)}`);
      before = ",";
    },
    end(tail = {}) {
      const after = JSON.stringify(tail, null, 2).slice(1, -2);
      print(`${before === begin ? `${begin}]` : "\n  ]"}${after === "" ? "" : `,${after}`}\n}`);
    },
  };
}

/** What ended a long run: an abort says how far it came, everything else stays as it is. */
export function interruptedAfter(error: unknown, done: number, total: number, what = "pictures"): unknown {
  if (!(error instanceof ClipError && error.code === "aborted")) return error;
  return new ClipError("aborted", `Stopped after ${done} of ${total} ${what}.`, { cause: error });
}

/** A model, or a form of one, that is another than what was asked for. */
const WRONG_MODEL =
  /^model\.(?:not-quantized|unsupported)$|^quantize\.(?:already|nothing)$|^checkpoint\.(?:format|not-found)$/;

/** Errors that say how the command was called wrongly, by the room in their code. */
export function exitCodeOf(thrown: unknown): number {
  const { code } = asClipError(thrown, "usage.unexpected");
  if (code === "aborted") return EXIT.interrupted;
  const misused =
    /^(?:usage|labels|evaluate|calibrate|fewshot)\.|^model\.(?:unknown|path|ensemble)$|^input\.(?:none|type)$|^image\.options$|^runtime\.(?:device|options)$|^advise\.(?:limits|file)$|^points\.(?:weights|kind|scene)$|^robust\.(?:model|size|pictures|labels|out)$|^search\.(?:model|address|missing|query|filter|options|cursor|like|lesson)$/;
  return misused.test(code) || WRONG_MODEL.test(code) ? EXIT.usage : EXIT.someFailed;
}
