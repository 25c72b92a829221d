import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { type LabelSet, type StoredLabelSet, ZeroclipError } from "../api";
import { keptDrafts } from "../kept-drafts";
import type { Pictures } from "../pictures";
import { type Said, sayingOf, spoken } from "../said";
import { useServer } from "../server";
import { bodyOf, type Draft, draftOf, type History, useHistory } from "../set-draft";
import { useExamples } from "../use-examples";
import { useWords } from "../words";
import { Button, IconButton, Notice } from "./basics";
import { Cell } from "./set-cell";
import { ExamplesNote } from "./set-examples";
import { LabelsTable } from "./set-table";
import { Versions } from "./set-versions";

const NO_DRAFT: Draft = { description: "", none: "", labels: [] };

/** A set as the server has it, with what is changed and not saved yet. */
export function SetEditor({
  name,
  pictures,
  onOpen,
  onUse,
}: {
  readonly name: string;
  readonly pictures: Pictures;
  readonly onOpen: (name: string) => void;
  /** Asks with this set. */
  readonly onUse: () => void;
}): ReactNode {
  const words = useWords();
  const { api, reload, noticed } = useServer();
  const [stored, setStored] = useState<StoredLabelSet>();
  const [error, setError] = useState<Said>();
  const [saved, setSaved] = useState<number>();
  const [conflict, setConflict] = useState(false);
  const draft = useHistory(NO_DRAFT);
  const { start, set: change } = draft;
  const fail = useCallback(
    (error: unknown): void => {
      setSaved(undefined);
      if (!noticed(error)) setError(sayingOf(error));
    },
    [noticed],
  );
  const loads = useRef(0);
  const load = useCallback(async (): Promise<void> => {
    loads.current += 1;
    const mine = loads.current;
    try {
      const kept = keptDrafts.get(name);
      const found = kept?.stored ?? (await api.labelSets.get(name));
      // A later one has begun: what this one found may be older than what was typed since.
      if (mine !== loads.current) return;
      setStored(found);
      start(draftOf(found.set));
      if (kept) change(kept.value);
      setConflict(false);
      setError(undefined);
      setSaved(undefined);
    } catch (error) {
      fail(error);
    }
  }, [api, name, start, change, fail]);
  useEffect(() => void load(), [load]);
  const { value } = draft;
  const changed = useMemo(
    () =>
      stored !== undefined && JSON.stringify(bodyOf(value)) !== JSON.stringify(bodyOf(draftOf(stored.set))),
    [stored, value],
  );
  useEffect(() => {
    if (changed) keptDrafts.set(name, { stored: stored!, value });
    // Before a set is read its draft is the empty one.
    else if (stored) keptDrafts.delete(name);
  }, [changed, name, stored, value]);
  useUndoKeys(draft);
  const examples = useExamples(name, stored?.set.labels.length ?? Number.POSITIVE_INFINITY);
  if (!stored)
    return error ? <Notice kind="error">{spoken(error, words)}</Notice> : <progress aria-label={name} />;

  const { set, etag } = stored;
  const loadNewest = (): void => {
    keptDrafts.delete(name);
    void load();
  };
  /** Without the mark of a version over whatever is there. */
  const save = async (over?: string): Promise<void> => {
    try {
      const { version } = await api.labelSets.put(
        name,
        bodyOf(draft.value),
        over === undefined ? {} : { etag: over },
      );
      const newest = await api.labelSets.get(name);
      setStored(newest);
      setConflict(false);
      setError(undefined);
      setSaved(version);
      await reload();
    } catch (error) {
      if (error instanceof ZeroclipError && error.status === 412) setConflict(true);
      else fail(error);
    }
  };
  const duplicate = async (): Promise<void> => {
    try {
      const copy = `${name}-copy`.slice(0, 64);
      await api.labelSets.put(copy, bodyOf(draft.value), { create: true });
      await reload();
      onOpen(copy);
    } catch (error) {
      fail(error);
    }
  };
  return (
    <>
      <EditorHead
        name={name}
        set={set}
        onCopy={() => void duplicate()}
        onUse={onUse}
        onReloaded={async () => {
          keptDrafts.delete(name);
          await load();
        }}
        onError={fail}
        draft={draft.value}
      />
      {set.ready ? (
        <p className="hint">{words.sets.readonly}</p>
      ) : (
        <Description value={draft.value} onChange={draft.set} />
      )}
      {!set.ready && (
        <div className="row save-bar">
          <Button kind="main" disabled={!changed} onClick={() => void save(etag)}>
            {words.sets.save}
          </Button>
          <IconButton icon="undo" label={words.sets.undo} disabled={!draft.undo} onClick={draft.undo} />
          <IconButton icon="redo" label={words.sets.redo} disabled={!draft.redo} onClick={draft.redo} />
          {changed && (
            <>
              <Button kind="quiet" onClick={loadNewest}>
                {words.sets.discard}
              </Button>
              <span className="badge warn">{words.sets.unsaved}</span>
            </>
          )}
        </div>
      )}
      {conflict && (
        <Notice kind="error">
          <p>{words.sets.conflict}</p>
          <div className="row">
            <Button onClick={loadNewest}>{words.sets.loadNewest}</Button>
            <Button kind="danger" onClick={() => void save()}>
              {words.sets.overwrite}
            </Button>
          </div>
        </Notice>
      )}
      {error && !conflict && <Notice kind="error">{spoken(error, words)}</Notice>}
      {saved !== undefined && !changed && <Notice kind="good">{words.sets.saved(saved)}</Notice>}
      <ExamplesNote examples={examples} />
      <LabelsTable
        draft={draft.value}
        onChange={set.ready ? undefined : draft.set}
        pictures={pictures}
        saved={changed ? undefined : name}
        examples={examples}
      />
    </>
  );
}

function EditorHead({
  name,
  set,
  draft,
  onCopy,
  onUse,
  onReloaded,
  onError,
}: {
  readonly name: string;
  readonly set: LabelSet;
  readonly draft: Draft;
  readonly onCopy: () => void;
  readonly onUse: () => void;
  readonly onReloaded: () => Promise<void>;
  readonly onError: (error: unknown) => void;
}): ReactNode {
  const words = useWords();
  const { api, reload } = useServer();
  const [versions, setVersions] = useState(false);
  const save = (): void => {
    const address = URL.createObjectURL(
      new Blob([`${JSON.stringify(bodyOf(draft), undefined, 2)}\n`], { type: "application/json" }),
    );
    const link = Object.assign(document.createElement("a"), { href: address, download: `${name}.json` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  };
  const remove = async (): Promise<void> => {
    if (!confirm(words.sets.deleteAsk(name))) return;
    try {
      await api.labelSets.delete(name);
      keptDrafts.delete(name);
      await reload();
    } catch (error) {
      onError(error);
    }
  };
  return (
    <div className="row between editor-head">
      <h2>
        {name} <span className="badge">v{set.version}</span>
      </h2>
      <div className="row">
        <Button icon="try" onClick={onUse}>
          {words.sets.use}
        </Button>
        {!set.ready && (
          <Button icon="clock" onClick={() => setVersions(true)}>
            {words.sets.versions}
          </Button>
        )}
        <Button icon="download" onClick={save}>
          {words.sets.export}
        </Button>
        <Button icon="copy" onClick={onCopy}>
          {words.sets.duplicate}
        </Button>
        {!set.ready && <IconButton icon="trash" label={words.sets.delete} onClick={() => void remove()} />}
      </div>
      {versions && (
        <Versions
          name={name}
          set={set}
          onClose={() => setVersions(false)}
          onRestored={onReloaded}
          onError={onError}
        />
      )}
    </div>
  );
}

/** Ctrl+Z and Ctrl+Shift+Z outside of fields, which have an undo of their own. */
function useUndoKeys({ undo, redo }: History<Draft>): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      const isUndo = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z";
      if (!isUndo || (event.target as Element).closest("input, textarea, dialog")) return;
      event.preventDefault();
      (event.shiftKey ? redo : undo)?.();
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, [undo, redo]);
}

/** What a set is for, in a sentence. */
function Description({
  value,
  onChange,
}: {
  readonly value: Draft;
  readonly onChange: (draft: Draft) => void;
}): ReactNode {
  const words = useWords();
  return (
    <div className="set-description">
      <Cell
        label={words.sets.columns.description}
        placeholder={words.sets.describe}
        value={value.description}
        onDone={(description) => onChange({ ...value, description })}
      />
    </div>
  );
}
