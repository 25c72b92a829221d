import { InvalidArgumentError } from "commander";

const BYTES = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
} as const;
const MS = { ms: 1, s: 1000, min: 60_000 } as const;

function quantity(text: string, units: Readonly<Record<string, number>>, example: string): number {
  const [, number, unit] = /^\s*(\d+(?:\.\d+)?|\.\d+)\s*([a-z]+)\s*$/i.exec(text) ?? [];
  const factor = unit === undefined ? undefined : units[unit.toLowerCase()];
  const value = Number(number) * (factor ?? Number.NaN);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError(
    `Expected a number above 0 with a unit (${Object.keys(units).join(", ")}) such as ${example}.`,
  );
}

/** `4GB`, `512 MB`, `1.5GiB` → bytes. */
export function bytesOf(text: string): number {
  return quantity(text, BYTES, "4GB");
}

/** `50ms`, `1.5s` → ms. */
export function msOf(text: string): number {
  return quantity(text, MS, "50ms");
}
