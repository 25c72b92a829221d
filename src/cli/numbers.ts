/** How many of something: `1 picture`, `12 pictures`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** So many digits after the point; a hair below 0 is 0. */
export function fixed(value: number, digits: number): string {
  return value.toFixed(digits).replace(/^-(?=0(?:\.0+)?$)/, "");
}

/** The same with a sign before it: `+0.50`, `-1.20`. */
export function signed(value: number, digits: number): string {
  const words = fixed(value, digits);
  return words.startsWith("-") ? words : `+${words}`;
}
