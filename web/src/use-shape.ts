import { useEffect, useMemo, useState } from "react";
import type { ClassifiedShape, DrawnShape, LabelSetInfo, ShapesCall } from "./api";
import { type Said, sayingOf } from "./said";
import { useServer } from "./server";
import { isText, isTexts, useStored } from "./stored";

/** What shapes are compared with and how they are drawn: kept in this browser. */
export interface ShapeAsking {
  readonly labels: readonly string[];
  /** Name of a set on the server; empty: the labels above. */
  readonly labelSet: string;
  readonly model: string;
  readonly views: "6" | "8" | "10";
  readonly style: "auto" | "plain" | "realistic" | "shaded" | "mesh";
  readonly up: "" | "y" | "z";
}

const START: ShapeAsking = { labels: [], labelSet: "", model: "", views: "10", style: "auto", up: "" };

function isAsking(value: unknown): boolean {
  const { labels, labelSet, model, views, style, up } = (value ?? {}) as Record<string, unknown>;
  return (
    isTexts(labels) &&
    isText(labelSet) &&
    isText(model) &&
    ["6", "8", "10"].includes(views as string) &&
    ["auto", "plain", "realistic", "shaded", "mesh"].includes(style as string) &&
    ["", "y", "z"].includes(up as string)
  );
}

type Asked = Omit<ShapesCall, "shapes">;

/** How it is drawn, as requests say it. */
function drawingOf({ views, style, up }: ShapeAsking): Pick<Asked, "views" | "style" | "up"> {
  return { views: Number(views) as 6 | 8 | 10, style, ...(up === "" ? {} : { up }) };
}

/** Undefined while there is nothing to compare with. `lang` counts for a set whose names are translated into it. */
function requestOf(asking: ShapeAsking, lang: string, sets: readonly LabelSetInfo[]): Asked | undefined {
  const { labels, labelSet, model } = asking;
  if (labelSet === "" && labels.length < 2) return;
  const isTranslated = sets.find(({ name }) => name === labelSet)?.languages.includes(lang) ?? false;
  return {
    ...(labelSet === "" ? { labels: [...labels] } : { labelSet, ...(isTranslated ? { lang } : {}) }),
    ...(model === "" ? {} : { model }),
    ...drawingOf(asking),
  };
}

export interface ShapeAskingState {
  readonly asking: ShapeAsking;
  change(part: Partial<ShapeAsking>): void;
  readonly request: Asked | undefined;
}

export function useShapeAsking(lang: string): ShapeAskingState {
  const { sets } = useServer();
  const [asking, set] = useStored<ShapeAsking>("shapes", START, isAsking);
  const request = useMemo(() => requestOf(asking, lang, sets), [asking, lang, sets]);
  return { asking, change: (part) => set({ ...asking, ...part }), request };
}

/** What became of something that was asked; what was before stays until it comes. */
export interface Outcome<T> {
  readonly value: T | undefined;
  readonly error: Said | undefined;
  readonly busy: boolean;
  /** From asking to the answer. */
  readonly ms: number;
}

const NOTHING: Outcome<never> = { value: undefined, error: undefined, busy: false, ms: 0 };
const SETTLE_MS = 200;

/** Asks for a file whenever what is asked is another; undefined asks nothing. */
function useOutcome<T extends { readonly error?: Said | undefined }, A>(
  file: File | undefined,
  asked: A | undefined,
  ask: (file: File, asked: A, signal: AbortSignal) => Promise<T | undefined>,
): Outcome<T> {
  const { epoch, state, noticed } = useServer();
  const [outcome, setOutcome] = useState<Outcome<T>>(NOTHING);
  const key = asked === undefined ? "" : JSON.stringify(asked);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another file has nothing of the one before.
  useEffect(() => setOutcome(NOTHING), [file]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` says whether `asked` is another, `epoch` that the server is back.
  useEffect(() => {
    if (file === undefined || asked === undefined) return setOutcome(NOTHING);
    if (state !== "ready") return;
    const stop = new AbortController();
    const run = async (): Promise<void> => {
      setOutcome((last) => ({ ...last, busy: true }));
      const began = performance.now();
      try {
        const value = await ask(file, asked, stop.signal);
        setOutcome({ value, error: value?.error, busy: false, ms: performance.now() - began });
      } catch (error) {
        if (stop.signal.aborted) return;
        setOutcome({ ...NOTHING, error: noticed(error) ? undefined : sayingOf(error) });
      }
    };
    const timer = setTimeout(() => void run(), SETTLE_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [file, key, epoch, state]);
  return outcome;
}

/** A shape's views and what is shown of it, and its answer. */
export function useShape(
  file: File | undefined,
  { asking, request }: ShapeAskingState,
): { readonly drawn: Outcome<DrawnShape>; readonly answer: Outcome<ClassifiedShape> } {
  const { api } = useServer();
  const drawn = useOutcome(file, drawingOf(asking), async (shape, how, signal) => {
    const { results } = await api.points.views({ shapes: [shape], ...how, outline: true }, { signal });
    return results[0];
  });
  const isSound = drawn.value !== undefined && drawn.error === undefined;
  const answer = useOutcome(isSound ? file : undefined, request, async (shape, asked, signal) => {
    const { results } = await api.points.classify({ shapes: [shape], ...asked }, { signal });
    return results[0];
  });
  return { drawn, answer };
}
