import { type FormEvent, type ReactNode, useCallback, useState } from "react";
import type { KeyInfo, NewKey } from "../api";
import { moment } from "../format";
import { usePolled } from "../poll";
import { spoken } from "../said";
import { useServer } from "../server";
import { useWords } from "../words";
import { Button, CopyButton, Dialog, Field, IconButton, Notice } from "./basics";

interface KeyProps {
  readonly apiKey: string;
  readonly onKey: (key: string) => void;
}

/** The key that this browser shows, and the keys that the server knows. */
export function KeysPanel({ apiKey, onKey }: KeyProps): ReactNode {
  const words = useWords();
  const { info, state } = useServer();
  const isOpen = info?.needsKey === false && state !== "locked" && apiKey === "";
  return (
    <section className="panel">
      <h2>{words.settings.access}</h2>
      {isOpen ? (
        <p className="hint">{words.settings.keyNotNeeded}</p>
      ) : (
        <OwnKey key={apiKey} apiKey={apiKey} onKey={onKey} />
      )}
      <ServerKeys onKey={onKey} />
    </section>
  );
}

function OwnKey({ apiKey, onKey }: KeyProps): ReactNode {
  const words = useWords();
  const { state } = useServer();
  const [typed, setTyped] = useState(apiKey);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onKey(typed.trim());
      }}
    >
      <Field label={words.settings.key} hint={words.settings.keyHint}>
        {(id) => (
          <input
            id={id}
            type="password"
            autoComplete="off"
            placeholder="zc_…"
            value={typed}
            maxLength={200}
            aria-invalid={state === "locked" && apiKey !== ""}
            onChange={(event) => setTyped(event.target.value)}
          />
        )}
      </Field>
      <div className="row">
        <Button type="submit" kind="main" disabled={typed.trim() === "" || typed === apiKey}>
          {words.settings.keySave}
        </Button>
        {apiKey !== "" && <Button onClick={() => onKey("")}>{words.settings.keyForget}</Button>}
      </div>
    </form>
  );
}

/** Who may see them sees and changes them; others are told what they need. */
function ServerKeys({ onKey }: Pick<KeyProps, "onKey">): ReactNode {
  const words = useWords();
  const { api, state, reload } = useServer();
  const read = useCallback(() => api.keys.list(), [api]);
  const { value: keys, error, act } = usePolled(read, () => false);
  const [made, setMade] = useState<NewKey>();
  if (error?.code === "server.not-found") return null;
  const isHidden = error?.code === "server.scope" || state === "locked";
  const take = (key: KeyInfo): void => {
    if (!confirm(words.settings.keyRevokeAsk(key.name))) return;
    void act(() => api.keys.remove(key.id)).then(reload);
  };
  return (
    <div className="keys">
      <h3>{words.settings.keys}</h3>
      {isHidden && <p className="hint">{words.settings.keysLocked}</p>}
      {!isHidden && error && <Notice kind="error">{spoken(error, words)}</Notice>}
      {!isHidden && keys && (
        <>
          <p className="hint">{keys.length === 0 ? words.settings.keysNone : words.settings.keysHint}</p>
          {keys.length > 0 && (
            <ul className="rows">
              {keys.map((key) => (
                <li key={key.id} className="row between">
                  <span>
                    <strong>{key.name}</strong>{" "}
                    {key.own && <span className="badge">{words.settings.keyOwn}</span>}
                    <span className="quiet-text digits">
                      {words.settings.keyScopes[key.scopes.includes("write") ? "write" : "read"]} ·{" "}
                      {moment(key.created, words.code)}
                    </span>
                  </span>
                  <IconButton
                    icon="trash"
                    label={words.settings.keyRevoke(key.name)}
                    onClick={() => take(key)}
                  />
                </li>
              ))}
            </ul>
          )}
          <NewKeyForm onMake={(name, write) => act(async () => setMade(await make(name, write)))} />
        </>
      )}
      {made && (
        <Made
          made={made}
          onUse={() => onKey(made.key)}
          onClose={() => {
            setMade(undefined);
            void reload();
          }}
        />
      )}
    </div>
  );

  async function make(name: string, write: boolean): Promise<NewKey> {
    return api.keys.create({ name, scopes: write ? ["read", "write"] : ["read"] });
  }
}

function NewKeyForm({
  onMake,
}: {
  readonly onMake: (name: string, write: boolean) => Promise<void>;
}): ReactNode {
  const words = useWords();
  const [name, setName] = useState("");
  const [write, setWrite] = useState(false);
  const send = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    await onMake(name, write);
    setName("");
    setWrite(false);
  };
  return (
    <form className="new-key" onSubmit={(event) => void send(event)}>
      <Field label={words.settings.keyName}>
        {(id) => (
          <input
            id={id}
            value={name}
            required
            maxLength={200}
            autoComplete="off"
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      <div className="row between">
        <label className="check">
          <input type="checkbox" checked={write} onChange={(event) => setWrite(event.target.checked)} />
          {words.settings.keyWrite}
        </label>
        <Button type="submit" icon="plus" disabled={name.trim() === ""}>
          {words.settings.keyCreate}
        </Button>
      </div>
    </form>
  );
}

/** The one time that a key is seen. */
function Made({
  made,
  onUse,
  onClose,
}: {
  readonly made: NewKey;
  readonly onUse: () => void;
  readonly onClose: () => void;
}): ReactNode {
  const words = useWords();
  return (
    <Dialog title={`${words.settings.keyNew}: ${made.name}`} onClose={onClose}>
      <p className="hint">{words.settings.keyOnce}</p>
      <code className="secret">{made.key}</code>
      <div className="row end">
        <CopyButton text={made.key} />
        <Button
          kind="main"
          onClick={() => {
            onUse();
            onClose();
          }}
        >
          {words.settings.keyUse}
        </Button>
      </div>
    </Dialog>
  );
}
