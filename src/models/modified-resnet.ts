import { GraphBuilder } from "../graph/builder.js";
import * as ops from "../graph/ops.js";
import type { Graph, Value } from "../graph/types.js";
import { attendFromOne } from "./attend-from-one.js";
import type { ModifiedResNetSpec, Normalisation } from "./spec.js";
import type { Weights } from "./weights.js";

/** Added to the variance in batch norms (torch.nn.BatchNorm2d's default, which CLIP keeps). */
const EPSILON = 1e-5;

/** A bottleneck's outputs are this many times its inner channels (torchvision's and CLIP's `expansion`). */
const EXPANSION = 4;

/** CLIP's ResNet as a graph: `pixels` u8 [n, size, size, 3] → `features` f32 [n, dim], not of unit length. */
export function buildModifiedResNet(
  spec: ModifiedResNetSpec,
  dim: number,
  weights: Weights,
  { mean, std }: Normalisation,
): Graph {
  const { size, width } = spec;
  const half = width / 2;
  const g = new GraphBuilder("image");
  const pixels = g.input("pixels", "u8", ["n", size, size, 3]);
  // Zero padding must mean the average colour, as it does after normalising: so the mean is taken off first.
  const centre = g.floats(
    "visual.mean",
    Float32Array.from(mean, (m) => m * 255),
    [1, 3, 1, 1],
  );
  const planes = ops.cast(g, ops.transpose(g, pixels, [0, 3, 1, 2]), "f32");
  const net = new ResNetBuilder(g, weights);

  let x = ops.subtract(g, planes, centre);
  x = ops.relu(
    g,
    net.convNorm(x, {
      conv: "visual.conv1",
      norm: "visual.bn1",
      from: 3,
      to: half,
      size: 3,
      stride: 2,
      divide: std,
    }),
  );
  x = ops.relu(
    g,
    net.convNorm(x, { conv: "visual.conv2", norm: "visual.bn2", from: half, to: half, size: 3 }),
  );
  x = ops.relu(
    g,
    net.convNorm(x, { conv: "visual.conv3", norm: "visual.bn3", from: half, to: width, size: 3 }),
  );
  x = ops.averagePool(g, x, 2);

  let channels = width;
  spec.blocks.forEach((count, stage) => {
    const inner = width * 2 ** stage;
    for (let block = 0; block < count; block++) {
      const stride = block === 0 && stage > 0 ? 2 : 1;
      x = net.bottleneck(x, `visual.layer${stage + 1}.${block}`, channels, inner, stride);
      channels = inner * EXPANSION;
    }
  });
  g.output(attentionPool(g, weights, x, spec, channels, dim), "features", ["n", dim]);
  return g.finish();
}

interface ConvNorm {
  readonly conv: string;
  readonly norm: string;
  readonly from: number;
  readonly to: number;
  readonly size: 1 | 3;
  readonly stride?: number;
  /** Divisors of the input channels, times 255. */
  readonly divide?: readonly number[];
}

class ResNetBuilder {
  constructor(
    readonly g: GraphBuilder,
    readonly weights: Weights,
  ) {}

  bottleneck(x: Value, name: string, from: number, inner: number, stride: number): Value {
    const { g } = this;
    const to = inner * EXPANSION;
    let y = ops.relu(
      g,
      this.convNorm(x, { conv: `${name}.conv1`, norm: `${name}.bn1`, from, to: inner, size: 1 }),
    );
    y = ops.relu(
      g,
      this.convNorm(y, { conv: `${name}.conv2`, norm: `${name}.bn2`, from: inner, to: inner, size: 3 }),
    );
    if (stride > 1) y = ops.averagePool(g, y, stride);
    y = this.convNorm(y, { conv: `${name}.conv3`, norm: `${name}.bn3`, from: inner, to, size: 1 });
    return ops.relu(g, ops.add(g, y, this.#shortcut(x, name, from, to, stride)));
  }

  #shortcut(x: Value, name: string, from: number, to: number, stride: number): Value {
    if (stride === 1 && from === to) return x;
    const pooled = stride > 1 ? ops.averagePool(this.g, x, stride) : x;
    const [conv, norm] = [`${name}.downsample.0`, `${name}.downsample.1`];
    return this.convNorm(pooled, { conv, norm, from, to, size: 1 });
  }

  /**
   * A convolution with its batch norm folded in: kernel · γ / √(variance + ε), bias β − mean · γ / √(variance + ε), the
   * factors computed in f64. They are applied in the graph, so that f16 kernels keep their bits on disk.
   */
  convNorm(x: Value, { conv, norm, from, to, size, stride = 1, divide }: ConvNorm): Value {
    const { g, weights } = this;
    const name = `${conv}.weight`;
    const shape = [to, from, size, size];
    const [gamma, beta] = [weights.floats(`${norm}.weight`, [to]), weights.floats(`${norm}.bias`, [to])];
    const average = weights.floats(`${norm}.running_mean`, [to]);
    const variance = weights.floats(`${norm}.running_var`, [to]);
    const factors = Float64Array.from(gamma, (value, i) => value / Math.sqrt(variance[i]! + EPSILON));
    const bias = Float32Array.from(beta, (value, i) => value - average[i]! * factors[i]!);
    const columns = divide ? from : 1;
    const scales = Float32Array.from({ length: to * columns }, (_, i) => {
      const divisor = divide ? 255 * divide[i % columns]! : 1;
      return factors[Math.floor(i / columns)]! / divisor;
    });
    const stored = ops.cast(g, weights.stored(g, name, shape, { dims: shape }), "f32");
    const kernel = ops.multiply(g, stored, g.floats(`${name}.scale`, scales, [to, columns, 1, 1]));
    return ops.conv(g, x, kernel, g.floats(`${conv}.bias`, bias, [to]), size, stride);
  }
}

/** The mean of all places asks all places and itself; its answer is the feature. [n, c, h, w] → [n, dim] */
function attentionPool(
  g: GraphBuilder,
  weights: Weights,
  x: Value,
  spec: ModifiedResNetSpec,
  width: number,
  dim: number,
): Value {
  const name = "visual.attnpool";
  const places = (spec.size / 32) ** 2;
  const rows = ops.transpose(g, ops.reshape(g, x, [-1, width, places]), [0, 2, 1]);
  const positions = weights.rows(g, `${name}.positional_embedding`, [places + 1, width]);
  const all = ops.add(g, ops.concat(g, [ops.mean(g, rows, 1), rows], 1), positions);
  const byHead = [spec.heads, width / spec.heads, width];
  const from = {
    query: weights.linear(g, `${name}.q_proj.weight`, [width, width]),
    key: weights.rows(g, `${name}.k_proj.weight`, [width, width], undefined, byHead),
    value: weights.rows(g, `${name}.v_proj.weight`, [width, width], undefined, byHead),
    queryBias: weights.small(g, `${name}.q_proj.bias`, [width]),
    valueBias: weights.small(g, `${name}.v_proj.bias`, [width]),
  };
  const row = ops.slice(g, all, g.ints([0]), g.ints([1]), 1);
  const pooled = ops.reshape(g, attendFromOne(g, row, all, from, { width, heads: spec.heads }), [-1, width]);
  const projection = weights.linear(g, `${name}.c_proj.weight`, [dim, width]);
  return ops.gemm(g, pooled, projection, weights.small(g, `${name}.c_proj.bias`, [dim]));
}
