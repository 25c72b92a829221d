import type { Additions } from "./additions.js";
import { type ConvSite, codeBounds, type Gains, scaledSite } from "./conv-sites.js";
import type { Codes } from "./held-values.js";
import { type CodeBounds, rowCodes, rowScales } from "./quantise-rows.js";
import type { RoundedKernel } from "./round-kernel.js";

/** What scales may not be under: a bias of more steps than an i32 holds would be of no use. `step` is the input's. */
export function leastScales(bias: Float32Array, step: number): Float64Array {
  return Float64Array.from(bias, (b) => Math.abs(b) / step / 2 ** 29);
}

/** Adds the kernels of convolutions, in whole numbers, to a graph that is being made anew. */
export class StaticKernels {
  constructor(
    readonly additions: Additions,
    readonly gains: Gains,
    /** Those that were rounded beforehand, by the name of the convolution's result. */
    readonly known: ReadonlyMap<string, RoundedKernel>,
  ) {}

  /** As QLinearConv takes it; `x` is what the convolution reads. */
  kernel(site: ConvSite, x: Codes): Record<"codes" | "scales" | "zeros" | "bias", string> {
    const { dims } = site.kernel;
    const rows = dims[0]!;
    const { rounded, bias } = this.#rounded(site, x);
    const size = dims.reduce((a, b) => a * b, 1);
    const stem = `${site.node.outputs[0]}.kernel`;
    const { additions } = this;
    return {
      codes: additions.weight(`${stem}.codes`, "i8", dims, size, () => rounded().codes),
      scales: additions.weight(`${stem}.scales`, "f32", [rows], 4 * rows, () => rounded().scales),
      zeros: additions.weight(`zeros_${rows}`, "i8", [rows], rows, () => new Int8Array(rows)),
      bias: additions.weight(`${stem}.bias`, "i32", [rows], 4 * rows, () => {
        const { scales, shift } = rounded();
        return Int32Array.from(bias, (b, i) => Math.round((b - shift[i]!) / (x.scale * scales[i]!)));
      }),
    };
  }

  /** The kernel of a convolution at one place, as a matrix [channels in, channels out]. */
  matrix(site: ConvSite, x: Codes): Record<"codes" | "scales" | "offsets", string> {
    const [to, from] = site.kernel.dims as [number, number];
    const { rounded, bias } = this.#rounded(site, x);
    const stem = `${site.node.outputs[0]}.matrix`;
    const { additions } = this;
    return {
      codes: additions.weight(`${stem}.codes`, "i8", [from, to], from * to, () => {
        const { codes } = rounded();
        return Int8Array.from(codes, (_, i) => codes[(i % to) * from + Math.floor(i / to)]!);
      }),
      scales: additions.weight(`${stem}.scales`, "f32", [to], 4 * to, () => rounded().scales),
      offsets: additions.weight(`${stem}.bias`, "f32", [to], 4 * to, () => {
        const { shift } = rounded();
        return bias.map((b, i) => b - shift[i]!);
      }),
    };
  }

  #rounded(site: ConvSite, x: Codes): { readonly rounded: () => RoundedKernel; readonly bias: Float32Array } {
    const scaled = scaledSite(site, this.gains);
    let known = this.known.get(site.node.outputs[0]!);
    const rounded = (): RoundedKernel =>
      (known ??= plainly(scaled.values(), scaled.bias, x.scale, codeBounds(site)));
    return { rounded, bias: scaled.bias };
  }
}

function plainly(values: Float32Array, bias: Float32Array, step: number, bounds: CodeBounds): RoundedKernel {
  const scales = rowScales(values, bias.length, leastScales(bias, step), bounds);
  return { codes: rowCodes(values, scales, bounds), scales, shift: new Float32Array(bias.length) };
}
