import { freemem } from "node:os";
import type { Clip } from "../clip.js";
import type { ModelInfo } from "../encoder.js";

/** What an ensemble asks of a model. */
export type Member = Pick<
  Clip,
  "model" | "encodeImageStream" | "encodeTexts" | "calibrationFor" | typeof Symbol.asyncDispose
>;

/** Whether members stay open together: `auto` (default) by what memory is free. */
export type MemberMemory = "auto" | "all" | "one";

/** Weights are held once as read and once as arranged for computing. */
const COPIES = 2;
/** What pictures, their squares and a run need beside them. */
const ROOM = 512 * 1024 * 1024;
const BYTES = { fp32: 4, fp16: 2, int8: 1, mixed: 4 } as const;

function bytesOf({ parameters, precision }: ModelInfo): number {
  return COPIES * BYTES[precision] * (parameters.image + parameters.text);
}

/** The models of an ensemble, open together or one at a time. */
export class Members implements AsyncDisposable {
  readonly models: readonly ModelInfo[];
  readonly oneAtATime: boolean;
  readonly #open: readonly (() => Promise<Member>)[];
  readonly #members: (Member | undefined)[];

  private constructor(
    open: readonly (() => Promise<Member>)[],
    members: readonly Member[],
    oneAtATime: boolean,
  ) {
    this.#open = open;
    this.#members = [...members];
    this.models = members.map(({ model }) => model);
    this.oneAtATime = oneAtATime;
  }

  /** Opens each once; a model reads its weights when it is first used. Raises what opening raises, with all closed. */
  static async open(
    open: readonly (() => Promise<Member>)[],
    memory: MemberMemory = "auto",
    free = freemem(),
  ): Promise<Members> {
    const members: Member[] = [];
    try {
      for (const one of open) members.push(await one());
    } catch (error) {
      for (const member of members) await member[Symbol.asyncDispose]();
      throw error;
    }
    const needed = members.reduce((sum, { model }) => sum + bytesOf(model), ROOM);
    return new Members(open, members, memory === "one" || (memory === "auto" && needed > free));
  }

  /** A member, opened again where it was closed to make room; the others are closed where one at a time is open. */
  async use(at: number): Promise<Member> {
    if (this.oneAtATime) {
      for (const [i, member] of this.#members.entries()) {
        if (i === at || !member) continue;
        this.#members[i] = undefined;
        await member[Symbol.asyncDispose]();
      }
    }
    const member = this.#members[at] ?? (await this.#open[at]!());
    this.#members[at] = member;
    return member;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const member of this.#members.splice(0)) await member?.[Symbol.asyncDispose]();
  }
}
