import { type FormEvent, type ReactNode, useState } from "react";
import type { AskingState } from "../asking";
import { Button, Empty, Field, Notice } from "../parts/basics";
import { splitLabels } from "../parts/chips";
import { SetEditor } from "../parts/set-editor";
import type { Pictures } from "../pictures";
import { useServer } from "../server";
import { useWords } from "../words";

/** Names as the server takes them. */
const NAME = "[a-z0-9][a-z0-9._\\-]{0,63}";

/** The label sets of the server: a list, and the editor of the one that is chosen. */
export function SetsView({
  pictures,
  state,
}: {
  readonly pictures: Pictures;
  readonly state: AskingState;
}): ReactNode {
  const words = useWords();
  const { sets } = useServer();
  const [chosen, setChosen] = useState(state.asking.labelSet);
  const own = sets.filter(({ ready }) => !ready);
  const ready = sets.filter((set) => set.ready);
  return (
    <div className={`view sets ${sets.some(({ name }) => name === chosen) ? "has-set" : ""}`}>
      <section className="panel set-list" aria-label={words.sets.title}>
        <h2>{words.sets.title}</h2>
        <p className="hint">{words.sets.hint}</p>
        <NewSet onMade={setChosen} />
        {own.length === 0 && <p className="quiet-text">{words.sets.empty}</p>}
        {[own, ready].map(
          (list) =>
            list.length > 0 && (
              <ul key={String(list[0]!.ready)} className="choices">
                {list.map(({ name, labels, version, ready }) => (
                  <li key={name}>
                    <button type="button" aria-pressed={name === chosen} onClick={() => setChosen(name)}>
                      <span>{name}</span>
                      <span className="quiet-text">
                        {words.labels.count(labels)} · {ready ? words.labels.ready : `v${version}`}
                      </span>
                    </button>
                  </li>
                ))}
              </ul>
            ),
        )}
      </section>
      <section className="panel set-panel" aria-label={chosen}>
        <Button kind="quiet" icon="back" className="only-phone" onClick={() => setChosen("")}>
          {words.sets.title}
        </Button>
        {sets.some(({ name }) => name === chosen) ? (
          <SetEditor
            key={chosen}
            name={chosen}
            pictures={pictures}
            onOpen={setChosen}
            onUse={() => {
              state.change({ labelSet: chosen });
              location.hash = "#/try";
            }}
          />
        ) : (
          <Empty icon="sets" title={words.sets.choose}>
            <p className="hint">{words.sets.emptyHint}</p>
          </Empty>
        )}
      </section>
    </div>
  );
}

function NewSet({ onMade }: { readonly onMade: (name: string) => void }): ReactNode {
  const words = useWords();
  const { api, reload, noticed } = useServer();
  const [open, setOpen] = useState(false);
  const [name, setName] = useState("");
  const [list, setList] = useState("");
  const labels = splitLabels(list);
  const [failed, setFailed] = useState<string>();
  const make = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setFailed(undefined);
    try {
      await api.labelSets.put(name, { labels }, { create: true });
      await reload();
      onMade(name);
      setOpen(false);
      setName("");
      setList("");
    } catch (error) {
      if (!noticed(error)) setFailed(String((error as Error).message));
    }
  };
  if (!open)
    return (
      <Button icon="plus" kind="main" onClick={() => setOpen(true)}>
        {words.sets.new}
      </Button>
    );
  return (
    <form onSubmit={(event) => void make(event)}>
      <Field label={words.sets.newName}>
        {(id) => (
          <input
            id={id}
            value={name}
            required
            pattern={NAME}
            // biome-ignore lint/a11y/noAutofocus: the field was just asked for.
            autoFocus
            spellCheck={false}
            onChange={(event) => setName(event.target.value.toLowerCase())}
          />
        )}
      </Field>
      <Field label={words.sets.pasteHint}>
        {(id) => (
          <textarea
            id={id}
            rows={5}
            value={list}
            required
            onChange={(event) => setList(event.target.value)}
          />
        )}
      </Field>
      {failed !== undefined && <Notice kind="error">{failed}</Notice>}
      <div className="row">
        <Button type="submit" kind="main" disabled={labels.length === 0}>
          {words.sets.create}
        </Button>
        <Button onClick={() => setOpen(false)}>{words.cancel}</Button>
      </div>
    </form>
  );
}
