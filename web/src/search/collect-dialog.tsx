import { type FormEvent, type ReactNode, useState } from "react";
import { whole } from "../format";
import { Button, Dialog, Field, Notice } from "../parts/basics";
import { Icon } from "../parts/icons";
import { spoken } from "../said";
import { useWords } from "../words";
import type { Collections } from "./use-collections";

/** As the server takes them. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._-]{0,63}$/u;

/** Puts pictures into a collection that is there, or into a new one. */
export function CollectDialog({
  ids,
  collections,
  onDone,
  onClose,
}: {
  readonly ids: readonly string[];
  readonly collections: Collections;
  readonly onDone: (name: string) => void;
  readonly onClose: () => void;
}): ReactNode {
  const words = useWords();
  const c = words.search.collections;
  const [name, setName] = useState("");
  const isBad = name.trim() !== "" && !NAME.test(name.trim());
  const add = async (to: string): Promise<void> => {
    await collections.add(to, ids);
    onDone(to);
  };
  const made = (event: FormEvent): void => {
    event.preventDefault();
    if (name.trim() !== "" && !isBad) void add(name.trim());
  };
  return (
    <Dialog title={c.add(ids.length)} onClose={onClose}>
      {collections.error && <Notice kind="error">{spoken(collections.error, words)}</Notice>}
      {(collections.list?.length ?? 0) > 0 && (
        <ul className="choices collect-choices">
          {collections.list?.map((one) => (
            <li key={one.name}>
              <button type="button" aria-pressed={false} onClick={() => void add(one.name)}>
                <span className="row between">
                  <span className="row" dir="auto">
                    <Icon name="collection" size={16} />
                    {one.name}
                  </span>
                  <span className="quiet-text digits">{whole(one.count, words.code)}</span>
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <form onSubmit={made}>
        <Field label={c.new} {...(isBad ? { hint: c.badName } : {})}>
          {(id) => (
            <input
              id={id}
              value={name}
              maxLength={64}
              placeholder={c.name}
              autoComplete="off"
              aria-invalid={isBad}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <div className="row end">
          <Button type="submit" kind="main" icon="plus" disabled={name.trim() === "" || isBad}>
            {c.create}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
