import { type ReactNode, useRef, useState } from "react";
import { type Draft, newLabel, readSetFile } from "../set-draft";
import { useWords } from "../words";
import { Button, Dialog, Field, Notice } from "./basics";
import { splitLabels } from "./chips";

/** Labels one by one, from a list, or from a file. */
export function AddLabels({
  draft,
  onChange,
}: {
  readonly draft: Draft;
  readonly onChange: (draft: Draft) => void;
}): ReactNode {
  const words = useWords();
  const [pasting, setPasting] = useState<string>();
  const [bad, setBad] = useState(false);
  const chooser = useRef<HTMLInputElement>(null);
  const read = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    const given = readSetFile(await file.text());
    setBad(given === undefined);
    if (given) onChange({ ...given, description: given.description || draft.description });
  };
  const known = new Set(draft.labels.map(({ name }) => name));
  const addList = (text: string): void => {
    const added = splitLabels(text).filter((name) => !known.has(name));
    if (added.length > 0)
      onChange({ ...draft, labels: [...draft.labels, ...added.map((name) => newLabel(name))] });
    setPasting(undefined);
  };
  return (
    <>
      <div className="row">
        <Button icon="plus" onClick={() => onChange({ ...draft, labels: [newLabel(), ...draft.labels] })}>
          {words.sets.addLabel}
        </Button>
        <Button onClick={() => setPasting("")}>{words.sets.paste}</Button>
        <Button icon="upload" onClick={() => chooser.current?.click()}>
          {words.sets.import}
        </Button>
        <input
          ref={chooser}
          type="file"
          accept=".json,.txt,application/json,text/plain"
          hidden
          aria-label={words.sets.import}
          onChange={(event) => {
            void read(event.target.files?.[0]);
            event.target.value = "";
          }}
        />
      </div>
      {bad && <Notice kind="error">{words.sets.badFile}</Notice>}
      {pasting !== undefined && (
        <Dialog title={words.sets.paste} onClose={() => setPasting(undefined)}>
          <Field label={words.sets.pasteHint}>
            {(id) => (
              <textarea
                id={id}
                rows={12}
                value={pasting}
                onChange={(event) => setPasting(event.target.value)}
              />
            )}
          </Field>
          <div className="row end">
            <Button kind="main" onClick={() => addList(pasting)}>
              {words.pictures.add}
            </Button>
          </div>
        </Dialog>
      )}
    </>
  );
}
