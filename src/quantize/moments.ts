import type { PatchMoments } from "../graph/round-kernel.js";
import { seeded } from "../math/random.js";
import type { Gram } from "./gram.js";

/** How a convolution goes over its input. */
export interface PatchShape {
  /** [out, channels of a group, h, w] */
  readonly kernel: readonly number[];
  readonly groups: number;
  readonly strides: readonly number[];
  /** [top, left, bottom, right] */
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
}

/** Numbers of a patch whose covariance is measured together. */
const LARGEST_BLOCK = 512;

/** Patches that are multiplied together. */
const AT_ONCE = 256;

const SEED = 5;

/** Mean and covariance of what a kernel is multiplied by, over some places of some inputs. */
export class Moments {
  readonly #length: number;
  readonly #block: number;
  readonly #sum: Float64Array;
  readonly #blocks: Float64Array[] = [];
  readonly #sizes: number[] = [];
  readonly #random = seeded(SEED);
  /** Patches [AT_ONCE, length · groups] that are not multiplied yet, and how many there are. */
  readonly #patches: Float32Array;
  #waiting = 0;
  #count = 0;

  constructor(
    readonly shape: PatchShape,
    readonly gram: Gram,
  ) {
    const { kernel, groups } = shape;
    this.#length = kernel[1]! * kernel[2]! * kernel[3]!;
    const parts = Math.ceil(this.#length / LARGEST_BLOCK);
    this.#block = Math.ceil(this.#length / parts);
    this.#sum = new Float64Array(this.#length * groups);
    this.#patches = new Float32Array(AT_ONCE * this.#length * groups);
    for (let i = 0; i < groups * parts; i++) {
      const at = (i % parts) * this.#block;
      const size = Math.min(this.#block, this.#length - at);
      this.#sizes.push(size);
      this.#blocks.push(new Float64Array(size * size));
    }
  }

  /** Numbers of a patch whose covariance is measured together. */
  get block(): number {
    return this.#block;
  }

  /** Numbers that are held. */
  get size(): number {
    return this.#sizes.reduce((sum, size) => sum + size * size, 0);
  }

  /** Patches at `places` places of one input [1, channels, height, width]. */
  async add(values: Float32Array, height: number, width: number, places: number): Promise<void> {
    const { strides, pads } = this.shape;
    const [rows, columns] = [height, width].map((side, i) =>
      Math.floor((side + pads[i]! + pads[i + 2]! - this.#reach(i)) / strides[i]! + 1),
    ) as [number, number];
    const length = this.#sum.length;
    for (let n = 0; n < places; n++) {
      const y = Math.floor(this.#random() * rows) * strides[0]! - pads[0]!;
      const x = Math.floor(this.#random() * columns) * strides[1]! - pads[1]!;
      const at = this.#waiting * length;
      this.#read(values, height, width, y, x, this.#patches.subarray(at, at + length));
      this.#waiting += 1;
      if (this.#waiting === AT_ONCE) await this.#multiply();
    }
  }

  /** The side of what a kernel covers. */
  #reach(axis: number): number {
    return (this.shape.kernel[2 + axis]! - 1) * this.shape.dilations[axis]! + 1;
  }

  #read(
    values: Float32Array,
    height: number,
    width: number,
    top: number,
    left: number,
    patch: Float32Array,
  ): void {
    const { kernel, groups } = this.shape;
    const [down, right] = this.shape.dilations as [number, number];
    const [, channels, h, w] = kernel as [number, number, number, number];
    const plane = height * width;
    let to = 0;
    for (let c = 0, start = 0; c < channels * groups; c++, start += plane) {
      for (let i = 0, y = top; i < h; i++, y += down) {
        for (let j = 0, x = left; j < w; j++, x += right) {
          const inside = y >= 0 && y < height && x >= 0 && x < width;
          patch[to++] = inside ? values[start + y * width + x]! : 0;
        }
      }
    }
  }

  async #multiply(): Promise<void> {
    const [count, length] = [this.#waiting, this.#sum.length];
    this.#waiting = 0;
    this.#count += count;
    const patches = this.#patches.subarray(0, count * length);
    const sum = this.#sum;
    for (let start = 0; start < patches.length; start += length)
      for (let i = 0; i < length; i++) sum[i]! += patches[start + i]!;
    let at = 0;
    for (const [b, block] of this.#blocks.entries()) {
      const size = this.#sizes[b]!;
      const rows = new Float32Array(count * size);
      for (let n = 0; n < count; n++)
        rows.set(patches.subarray(n * length + at, n * length + at + size), n * size);
      const products = await this.gram(rows, size);
      for (let i = 0; i < products.length; i++) block[i]! += products[i]!;
      at += size;
    }
  }

  /** Of the patches, or of what they are when their channels are multiplied by gains. */
  async result(gains?: Float32Array): Promise<PatchMoments> {
    if (this.#waiting > 0) await this.#multiply();
    const count = Math.max(1, this.#count);
    const plane = this.shape.kernel[2]! * this.shape.kernel[3]!;
    const gainAt = (i: number): number => gains?.[Math.floor(i / plane)] ?? 1;
    const mean = this.#sum.map((value) => value / count);
    let at = 0;
    const blocks = this.#blocks.map((block, b) => {
      const size = this.#sizes[b]!;
      const covariance = new Float64Array(size * size);
      for (let i = 0; i < size; i++) {
        for (let j = 0; j <= i; j++) {
          const plain = block[i * size + j]! / count - mean[at + i]! * mean[at + j]!;
          const value = plain * gainAt(at + i) * gainAt(at + j);
          covariance[i * size + j] = value;
          covariance[j * size + i] = value;
        }
      }
      at += size;
      return covariance;
    });
    return { mean: mean.map((value, i) => value * gainAt(i)), block: this.#block, blocks };
  }
}
