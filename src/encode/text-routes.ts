import type { EncodeTextsOptions } from "../encoder.js";
import type { Embedding } from "../math/unit.js";
import type { Tower } from "../models/tower.js";
import { scriptsOf } from "../text/scripts.js";
import type { Tokenizer } from "../text/tokenizer.js";
import { encodeTexts, type TextSide } from "./texts.js";

/** A text tower that is opened when it is first used, its tokenizer too. */
export interface TextPart extends Omit<TextSide, "tokenizer"> {
  readonly session: Tower;
  openTokenizer(): Promise<Tokenizer>;
}

/** The tower for texts that have one of these scripts and none that the model does not know. */
export interface ScriptPart extends TextPart {
  readonly scripts: readonly string[];
}

/** Position of the part that reads a text; undefined: the model's first text tower. What is no text is left to that one's error. */
export function routeOf(text: unknown, parts: readonly ScriptPart[]): number | undefined {
  if (typeof text !== "string") return undefined;
  const found = scriptsOf(text);
  const at = parts.findIndex(
    ({ scripts, knownScripts = [] }) =>
      scripts.some((script) => found.has(script)) &&
      [...found].every((script) => scripts.includes(script) || knownScripts.includes(script)),
  );
  return at < 0 ? undefined : at;
}

/** The texts of one tower, by their positions among all. */
interface Share {
  readonly side: () => Promise<TextSide>;
  readonly positions: readonly number[];
}

/**
 * Texts → unit vectors, in order, each by the tower that reads its script. What `options` are told names positions and counts
 * among all texts. Raises what `encodeTexts` raises.
 */
export async function encodeRouted(
  texts: readonly string[],
  first: () => Promise<TextSide>,
  parts: readonly ScriptPart[],
  sideOf: (part: ScriptPart) => Promise<TextSide>,
  options: EncodeTextsOptions,
): Promise<Embedding[]> {
  // Most models have one text tower: their texts are not looked at.
  if (parts.length === 0) return encodeTexts(await first(), texts, options);
  const routes = Array.isArray(texts) ? texts.map((text) => routeOf(text, parts)) : [];
  const shares: Share[] = [undefined, ...parts.keys()].flatMap((route) => {
    const positions = routes.flatMap((one, i) => (one === route ? [i] : []));
    const side = route === undefined ? first : () => sideOf(parts[route]!);
    return positions.length === 0 ? [] : [{ side, positions }];
  });
  const [only] = shares;
  if (shares.length < 2) return encodeTexts(await (only?.side ?? first)(), texts, options);
  const out = new Array<Embedding>(texts.length);
  const tokens = new Array<number>(texts.length);
  const strange: number[] = [];
  let before = 0;
  for (const { side, positions } of shares) {
    const { names, onTokens, onStrange, onProgress } = options;
    const vectors = await encodeTexts(
      await side(),
      positions.map((i) => texts[i]!),
      {
        ...options,
        ...(names ? { names: positions.map((i) => names[i]!) } : {}),
        ...(onTokens
          ? {
              onTokens: (counts) => {
                for (const [row, count] of counts.entries()) tokens[positions[row]!] = count;
              },
            }
          : {}),
        ...(onStrange
          ? { onStrange: (rows) => void strange.push(...rows.map((row) => positions[row]!)) }
          : {}),
        ...(onProgress
          ? { onProgress: ({ done }) => onProgress({ done: before + done, total: texts.length }) }
          : {}),
      },
    );
    for (const [row, i] of positions.entries()) out[i] = vectors[row]!;
    before += positions.length;
  }
  options.onTokens?.(tokens);
  options.onStrange?.(strange.sort((a, b) => a - b));
  return out;
}
