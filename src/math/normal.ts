/** The complementary error function for x ≥ 0: its series near 0, else its continued fraction (Abramowitz & Stegun 7.1.5, 7.1.14). */
export function erfc(x: number): number {
  const front = 2 / Math.sqrt(Math.PI);
  if (x < 2) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
      term *= -(x * x) / n;
      sum += term / (2 * n + 1);
    }
    return 1 - front * sum;
  }
  let fraction = 0;
  for (let k = 60; k >= 1; k--) fraction = k / 2 / (x + fraction);
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
}

/** Halvings of −9..9, until the ends are the same number. */
const HALVINGS = 60;

/** Share of the standard normal distribution, above 0 and below 1 → below which value it lies. */
export function normalQuantile(share: number): number {
  if (share === 0.5) return 0;
  let [low, high] = [0, 9];
  const tail = 2 * Math.min(share, 1 - share);
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (erfc(middle / Math.SQRT2) > tail) low = middle;
    else high = middle;
  }
  return share < 0.5 ? -low : low;
}
