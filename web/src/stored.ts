import { useEffect, useState } from "react";

/** Colours of the page. */
export type Theme = "light" | "dark" | "system";

const PREFIX = "zeroclip.";

/** A value of this browser; what can't be read, or is no longer of its form, is as if it were not there. */
export function readStored<T>(name: string, otherwise: T, isSound: (value: unknown) => boolean): T {
  try {
    const text = localStorage.getItem(PREFIX + name);
    const value: unknown = text === null ? undefined : JSON.parse(text);
    return isSound(value) ? (value as T) : otherwise;
  } catch {
    return otherwise;
  }
}

function writeStored(name: string, value: unknown): void {
  try {
    if (value === undefined) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // A browser may refuse to keep anything: the page works without.
  }
}

export function forgetAll(): void {
  for (const name of Object.keys(localStorage)) if (name.startsWith(PREFIX)) localStorage.removeItem(name);
}

/** State that this browser keeps. */
export function useStored<T>(
  name: string,
  otherwise: T,
  isSound: (value: unknown) => boolean,
): [T, (value: T) => void] {
  const [value, set] = useState(() => readStored(name, otherwise, isSound));
  useEffect(() => writeStored(name, value), [name, value]);
  return [value, set];
}

export const isText = (value: unknown): boolean => typeof value === "string";
export const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
