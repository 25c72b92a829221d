import { useMemo } from "react";
import type { ClassifyOptions, LabelSetInfo } from "./api";
import { isText, isTexts, useStored } from "./stored";

/** What the pictures are compared with and how: kept in this browser, and shared by the views. */
export interface Asking {
  readonly labels: readonly string[];
  /** Name of a set on the server; empty: the labels above. */
  readonly labelSet: string;
  readonly model: string;
  readonly domain: string;
  readonly views: string;
  readonly template: string;
  /** Below this probability the answer is "none of these"; 0: off, -1: as the model was calibrated for these labels. */
  readonly none: number;
  /** 0: off. */
  readonly coverage: number;
}

export interface AskingState {
  readonly asking: Asking;
  change(part: Partial<Asking>): void;
  /** What is sent; undefined while there is nothing to compare with. */
  readonly request: ClassifyOptions | undefined;
}

const START: Asking = {
  labels: [],
  labelSet: "",
  model: "",
  domain: "",
  views: "center",
  template: "",
  none: 0,
  coverage: 0,
};

function isAsking(value: unknown): boolean {
  const { labels, labelSet, model, domain, views, template, none, coverage } = (value ?? {}) as Record<
    string,
    unknown
  >;
  return (
    isTexts(labels) &&
    [labelSet, model, domain, views, template].every(isText) &&
    typeof none === "number" &&
    typeof coverage === "number"
  );
}

/** `lang` counts for a set whose names are translated into it. */
function requestOf(asking: Asking, lang: string, sets: readonly LabelSetInfo[]): ClassifyOptions | undefined {
  const { labels, labelSet, model, domain, views, template, none, coverage } = asking;
  if (labelSet === "" && labels.length < 2) return;
  const isTranslated = sets.find(({ name }) => name === labelSet)?.languages.includes(lang) ?? false;
  return {
    ...(labelSet === "" ? { labels: [...labels] } : { labelSet, ...(isTranslated ? { lang } : {}) }),
    ...(model === "" ? {} : { model }),
    ...(domain === "" ? {} : { domain }),
    ...(template.includes("{}") ? { templates: [template] } : {}),
    ...(views === "center" ? {} : { views: views as "flip" }),
    ...(none === 0 ? {} : { abstain: none < 0 ? "auto" : none }),
    ...(coverage > 0 ? { coverage } : {}),
  };
}

export function useAsking(lang: string, sets: readonly LabelSetInfo[]): AskingState {
  const [asking, set] = useStored<Asking>("asking", START, isAsking);
  const request = useMemo(() => requestOf(asking, lang, sets), [asking, lang, sets]);
  return { asking, change: (part) => set({ ...asking, ...part }), request };
}
