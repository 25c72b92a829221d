/** Bins on either side of zero: 16 for each of the 256 codes when the widest value fills half of them. */
const BINS = 4096;

/** Codes of an 8-bit value. */
const LEVELS = 255;

/** How values are spread, in memory that does not grow: where a value is too large, neighbouring bins become one. */
export class Histogram {
  least = Number.POSITIVE_INFINITY;
  most = Number.NEGATIVE_INFINITY;
  /** Bin i holds values from (i − BINS) · width to below (i + 1 − BINS) · width. */
  #counts = new Float64Array(2 * BINS);
  #width = 0;

  add(values: Float32Array): void {
    let { least, most } = this;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value < least) least = value;
      if (value > most) most = value;
    }
    this.least = least;
    this.most = most;
    this.#fit(Math.max(-least, most));
    const counts = this.#counts;
    const inverse = 1 / this.#width;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      // Exact zeros have a code of their own at every scale: they say nothing about the range.
      if (value !== 0) counts[Math.floor(value * inverse) + BINS]!++;
    }
  }

  #fit(limit: number): void {
    if (this.#width === 0) this.#width = 2 ** Math.ceil(Math.log2(limit || 1)) / BINS;
    // The bound itself belongs to no bin.
    while (limit >= this.#width * BINS) {
      const merged = new Float64Array(2 * BINS);
      for (let i = 0; i < 2 * BINS; i++) merged[(i >> 1) + BINS / 2]! += this.#counts[i]!;
      this.#counts = merged;
      this.#width *= 2;
    }
  }

  /** The range that leaves this share of the values out at either end. */
  percentile(share: number): [least: number, most: number] {
    const total = this.#counts.reduce((a, b) => a + b, 0);
    const edge = (from: number, step: number): number => {
      let sum = 0;
      let i = from;
      for (; i >= 0 && i < 2 * BINS; i += step) {
        sum += this.#counts[i]!;
        if (sum > total * share) break;
      }
      return i;
    };
    const low = (edge(0, 1) - BINS) * this.#width;
    const high = (edge(2 * BINS - 1, -1) + 1 - BINS) * this.#width;
    return [Math.max(low, this.least), Math.min(high, this.most)];
  }

  /** The range around zero whose 256 codes come nearest to all values in the sum of squares. */
  nearest(): [least: number, most: number] {
    let range: [number, number] = [Math.min(0, this.least), Math.max(0, this.most)];
    let error = this.#squaredError(range);
    for (let round = 0; round < 2; round++) {
      for (const side of [1, 0] as const) {
        const limit = side === 1 ? Math.max(0, this.most) : Math.min(0, this.least);
        for (let step = 1; step <= STEPS; step++) {
          const tried: [number, number] = [...range];
          tried[side] = limit * (step / STEPS);
          const found = this.#squaredError(tried);
          if (found < error) [error, range] = [found, tried];
        }
      }
    }
    return range;
  }

  /** Rounding inside the range is off by a third of half a step squared on average; outside by the distance. */
  #squaredError([low, high]: readonly [number, number]): number {
    const inside = ((high - low) / LEVELS) ** 2 / 12;
    let sum = 0;
    for (let i = 0; i < 2 * BINS; i++) {
      const count = this.#counts[i]!;
      if (count === 0) continue;
      const value = (i + 0.5 - BINS) * this.#width;
      const over = value > high ? value - high : value < low ? low - value : 0;
      sum += count * (over > 0 ? over * over : inside);
    }
    return sum;
  }
}

/** Ranges that are tried on either side. */
const STEPS = 100;
