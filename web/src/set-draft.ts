import { useCallback, useState } from "react";
import type { LabelSetBody } from "./api";
import { splitLabels } from "./parts/chips";

/** A label as the table edits it. */
export interface DraftLabel {
  /** Of the row alone; never sent. */
  readonly key: string;
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly aliases: readonly string[];
  readonly parent: string;
  /** What the table does not show and must not lose. */
  readonly rest: Readonly<Record<string, unknown>>;
}

export interface Draft {
  readonly description: string;
  readonly none: string;
  readonly labels: readonly DraftLabel[];
}

export function newLabel(name = ""): DraftLabel {
  return { key: crypto.randomUUID(), id: "", name, description: "", aliases: [], parent: "", rest: {} };
}

type GivenLabel = Exclude<LabelSetBody["labels"][number], string>;

function draftLabel(given: string | GivenLabel): DraftLabel {
  if (typeof given === "string") return newLabel(given);
  const { id = "", name, description = "", aliases = [], parent = "", ...rest } = given;
  return { key: crypto.randomUUID(), id: id === name ? "" : id, name, description, aliases, parent, rest };
}

export function draftOf({ description = "", none = "", labels }: LabelSetBody): Draft {
  if (typeof none === "string") return { description, none, labels: labels.map(draftLabel) };
  return { description, none: none.id ?? none.name, labels: [...labels, none].map(draftLabel) };
}

/** What is sent: rows without a name are left out. */
export function bodyOf({ description, none, labels }: Draft): LabelSetBody {
  return {
    ...(description.trim() === "" ? {} : { description: description.trim() }),
    ...(none === "" ? {} : { none }),
    labels: labels
      .filter(({ name }) => name.trim() !== "")
      .map(
        ({ id, name, description, aliases, parent, rest }): GivenLabel => ({
          ...rest,
          ...(id.trim() === "" ? {} : { id: id.trim() }),
          name: name.trim(),
          ...(description.trim() === "" ? {} : { description: description.trim() }),
          ...(aliases.length === 0 ? {} : { aliases: [...aliases] }),
          ...(parent.trim() === "" ? {} : { parent: parent.trim() }),
        }),
      ),
  };
}

/** A file's text (a set as JSON, a JSON list, or one label a line) → its labels; undefined where it holds none. */
export function readSetFile(text: string): Draft | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const body = (Array.isArray(value) ? { labels: value } : value) as LabelSetBody;
    if (!Array.isArray(body?.labels)) return;
    const draft = draftOf(body);
    return draft.labels.every(({ name }) => typeof name === "string") && draft.labels.length > 0
      ? draft
      : undefined;
  } catch {
    const names = text.split(/\r?\n/).flatMap((line) => (line.startsWith("#") ? [] : splitLabels(line)));
    // A file of another kind has signs that no label has.
    if (names.length === 0 || /[\0\ufffd]/.test(text)) return;
    return { description: "", none: "", labels: names.map((name) => newLabel(name)) };
  }
}

export interface History<T> {
  readonly value: T;
  set(value: T): void;
  /** Starts anew: nothing before it can be undone. */
  start(value: T): void;
  readonly undo: (() => void) | undefined;
  readonly redo: (() => void) | undefined;
}

const MOST_STEPS = 200;

/** A value with the ways back and forth. */
export function useHistory<T>(first: T): History<T> {
  const [{ steps, at }, setState] = useState<{ steps: readonly T[]; at: number }>({ steps: [first], at: 0 });
  const set = useCallback((value: T) => {
    setState(({ steps, at }) => {
      const kept = [...steps.slice(0, at + 1), value].slice(-MOST_STEPS);
      return { steps: kept, at: kept.length - 1 };
    });
  }, []);
  const start = useCallback((value: T) => setState({ steps: [value], at: 0 }), []);
  const move = (to: number): (() => void) | undefined =>
    to < 0 || to >= steps.length ? undefined : () => setState({ steps, at: to });
  return { value: steps[at]!, set, start, undo: move(at - 1), redo: move(at + 1) };
}
