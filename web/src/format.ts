/** 0..1 as a share of hundred; what is more than nothing and less than all never looks like either. */
export function percent(share: number, lang: string): string {
  const format = new Intl.NumberFormat(lang, {
    style: "percent",
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  });
  if (share > 0 && share < 0.001) return `<${format.format(0.001)}`;
  return share < 1 && share > 0.999 ? `>${format.format(0.999)}` : format.format(share);
}

/** A day and time, as short as the language has it. */
export function moment(iso: string, lang: string): string {
  return new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "short" }).format(new Date(iso));
}

export function bytes(count: number, lang: string): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
  const step = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, count)) / 10));
  return new Intl.NumberFormat(lang, {
    style: "unit",
    unit: units[step]!,
    // Of bytes alone only the long form has a plural.
    unitDisplay: step === 0 ? "long" : "short",
    maximumFractionDigits: step > 2 ? 1 : 0,
  }).format(count / 1024 ** step);
}

export function whole(count: number, lang: string): string {
  return new Intl.NumberFormat(lang, { maximumFractionDigits: 0 }).format(count);
}

/** So many a second: of few a tenth counts. */
export function rate(count: number, lang: string): string {
  return new Intl.NumberFormat(lang, { maximumFractionDigits: count < 10 ? 1 : 0 }).format(count);
}

/** Seconds of a video as m:ss.t */
export function clock(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${(seconds - minutes * 60).toFixed(1).padStart(4, "0")}`;
}
