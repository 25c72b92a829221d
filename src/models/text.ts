import { GraphBuilder } from "../graph/builder.js";
import * as ops from "../graph/ops.js";
import type { Graph, Value } from "../graph/types.js";
import { NEVER } from "./padding-mask.js";
import type { CausalTextSpec } from "./spec.js";
import { loadNorm, normalise, transformerStack } from "./transformer.js";
import type { Weights } from "./weights.js";

/**
 * Text transformer as a graph: `prefix_ids` i32 [1, p], the tokens that all rows begin with, and `input_ids` i32 [n, length],
 * the rest of each → `features` f32 [n, dim], not of unit length. Attention is causal: so what stands at the beginning is the
 * same for all rows and computed once, and what is cut after the end token changes nothing. p may be 0, length is at least
 * 1, and both together are no more than the context's length.
 */
export function buildText(spec: CausalTextSpec, dim: number, weights: Weights): Graph {
  const { width, contextLength, heads } = spec;
  const g = new GraphBuilder("text");
  const prefix = g.input("prefix_ids", "i32", [1, "prefix"]);
  const ids = g.input("input_ids", "i32", ["n", "length"]);
  const rows = new PrefixedRows(g, prefix, ids, spec);
  const end = endPositions(g, rows.joined({ prefix, rest: ids }, []), spec);

  const table = weights.stored(g, "token_embedding.weight", [spec.vocabulary, width], {
    dims: [spec.vocabulary, width],
  });
  const flat = ops.concat(g, [ops.reshape(g, prefix, [-1]), ops.reshape(g, ids, [-1])], 0);
  const tokens = ops.cast(g, ops.gather(g, table, flat), "f32");
  const positions = rows.positions(weights.small(g, "positional_embedding", [contextLength, width]));

  const first = loadNorm(g, weights, "transformer.resblocks.0.ln_1", spec);
  const sum = ops.add(g, tokens, positions);
  const causal = rows.causalMask();
  const pooled = transformerStack(
    g,
    weights,
    { sum, normed: normalise(g, sum, first) },
    {
      spec,
      prefix: "transformer.resblocks",
      attend: ({ q, k, v, bias }) => {
        const [asked, keys, values] = [rows.parts(q), rows.parts(k), rows.parts(v)];
        const own = { q: asked.prefix, k: keys.prefix, v: values.prefix, bias };
        const all = { q: asked.rest, k: rows.joined(keys), v: rows.joined(values), bias };
        return rows.flat(
          ops.multiHeadAttention(g, own, heads, "causal"),
          ops.multiHeadAttention(g, all, heads, causal),
        );
      },
      finalNorm: loadNorm(g, weights, "ln_final", spec),
      read: {
        pick: (x) => ops.reshape(g, ops.gatherRow(g, rows.joined(rows.parts(x)), end), [-1, 1, width]),
        seen: (x) => rows.joined(rows.parts(x)),
        mask: rows.maskAfter(end),
      },
    },
  );
  const projection = weights.rows(g, "text_projection", [width, dim]);
  g.output(ops.matMul(g, pooled, projection), "features", ["n", dim]);
  return g.finish();
}

/** i64 [n, 1]: where each row's feature is read. */
function endPositions(g: GraphBuilder, ids: Value, { end }: CausalTextSpec): Value {
  if (end.kind === "largest") return ops.argMax(g, ids);
  const found = ops.equal(g, ids, ops.cast(g, g.ints(end.id), "i32"));
  return ops.argMax(g, ops.cast(g, found, "i32"));
}

/** A value of all tokens, cut in two: [1, p, width] and [n, length, width]. */
interface Parts {
  readonly prefix: Value;
  readonly rest: Value;
}

/** How the tokens of a batch lie in one matrix [p + n · length, width]: the common beginning, then each row's own. */
class PrefixedRows {
  /** i64 [1] each. */
  readonly #prefixLength: Value;
  readonly #count: Value;
  readonly #length: Value;
  readonly #total: Value;
  readonly #sizes: Value;
  readonly #restShape: Value;
  readonly #numbers: Value;
  readonly #never: Value;

  constructor(
    readonly g: GraphBuilder,
    prefix: Value,
    ids: Value,
    readonly spec: CausalTextSpec,
  ) {
    const shape = ops.shapeOf(g, ids);
    this.#count = ops.gather(g, shape, g.ints([0]));
    this.#length = ops.gather(g, shape, g.ints([1]));
    this.#prefixLength = ops.gather(g, ops.shapeOf(g, prefix), g.ints([1]));
    this.#total = ops.add(g, this.#prefixLength, this.#length);
    this.#sizes = ops.concat(g, [this.#prefixLength, ops.multiply(g, this.#count, this.#length)], 0);
    this.#restShape = ops.concat(g, [shape, g.ints([spec.width])], 0);
    this.#numbers = g.ints(Array.from({ length: spec.contextLength }, (_, i) => i));
    this.#never = g.floats("never", Float32Array.of(NEVER), [1]);
  }

  parts(rows: Value): Parts {
    const { g } = this;
    const [prefix, rest] = ops.split(g, rows, this.#sizes, 2);
    return {
      prefix: ops.reshape(g, prefix!, [1, -1, this.spec.width]),
      rest: ops.reshape(g, rest!, this.#restShape),
    };
  }

  /** The beginning put before each row: [n, p + length, width], or what `more` says in the width's place. */
  joined({ prefix, rest }: Parts, more: readonly number[] = [1]): Value {
    const { g } = this;
    const repeated = ops.concat(g, [this.#count, g.ints([1, ...more])], 0);
    return ops.concat(g, [ops.expand(g, prefix, repeated), rest], 1);
  }

  /** Both parts as rows again. */
  flat(prefix: Value, rest: Value): Value {
    const rows = [prefix, rest].map((part) => ops.reshape(this.g, part, [-1, this.spec.width]));
    return ops.concat(this.g, rows, 0);
  }

  /** f32 [context, width] → what belongs to each token. */
  positions(all: Value): Value {
    const { g } = this;
    const prefix = ops.slice(g, all, g.ints([0]), this.#prefixLength, 0);
    const rest = ops.slice(g, all, this.#prefixLength, this.#total, 0);
    return this.flat(prefix, ops.expand(g, rest, this.#restShape));
  }

  /** f32 [1, 1, length, p + length]: a token sees what stands before it, and itself. */
  causalMask(): Value {
    const { g } = this;
    const own = ops.slice(g, this.#numbers, this.#prefixLength, this.#total, 0);
    return ops.unsqueeze(g, ops.unsqueeze(g, this.#mask(ops.unsqueeze(g, own, 1)), 0), 0);
  }

  /** f32 [n, 1, p + length]: what stands behind the end token (i64 [n, 1]) is not seen. */
  maskAfter(end: Value): Value {
    return ops.unsqueeze(this.g, this.#mask(end), 1);
  }

  /** i64 [x, 1] → f32 [x, p + length]: 0 up to that place and `NEVER` after it. */
  #mask(last: Value): Value {
    const { g } = this;
    const places = ops.slice(g, this.#numbers, g.ints([0]), this.#total, 0);
    return ops.multiply(g, ops.cast(g, ops.greater(g, places, last), "f32"), this.#never);
  }
}
