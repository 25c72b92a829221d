import { createContext, useContext } from "react";
import { en, type Words } from "./en";
import { zh } from "./zh";

export const LANGUAGES: Readonly<Record<string, Words>> = { en, zh };

/** The language that the browser prefers among ours. */
export function preferredLanguage(): string {
  const wanted = navigator.languages.map((tag) => tag.split("-", 1)[0]!);
  return wanted.find((code) => Object.hasOwn(LANGUAGES, code)) ?? "en";
}

export const WordsContext = createContext<Words>(en);

export function useWords(): Words {
  return useContext(WordsContext);
}
