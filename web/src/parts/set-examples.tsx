import { type ReactNode, useRef } from "react";
import { percent } from "../format";
import { spoken } from "../said";
import type { SetExamples } from "../use-examples";
import { useWords } from "../words";
import { IconButton, Notice } from "./basics";

/** What a set has learnt from pictures, in a sentence. */
export function ExamplesNote({ examples }: { readonly examples: SetExamples }): ReactNode {
  const words = useWords();
  const { now, error } = examples;
  const { hint, some, waiting, heldOut } = words.sets.examples;
  if (!now && !error) return;
  const share = (value: number): string => percent(value, words.code);
  return (
    <div className="examples-note">
      {now && (
        <p className="hint" role="status">
          {now.pictures === 0 ? hint : some(now.pictures, now.labels.length)}
          {now.pictures > 0 && !now.active && ` ${waiting}`}
          {now.active && now.heldOut && ` ${heldOut(share(now.heldOut.examples), share(now.heldOut.words))}`}
        </p>
      )}
      {error && <Notice kind="error">{spoken(error, words)}</Notice>}
    </div>
  );
}

/** How many examples a label has; more are chosen here, or dropped on the row. */
export function ExamplesCell({
  label,
  name,
  examples,
}: {
  /** Its id. */
  readonly label: string;
  readonly name: string;
  readonly examples: SetExamples;
}): ReactNode {
  const words = useWords();
  const chooser = useRef<HTMLInputElement>(null);
  const { now, busy, add, remove } = examples;
  const count = now?.labels.find(({ id }) => id === label)?.pictures ?? 0;
  const isBusy = busy === label;
  return (
    <td className="col-examples">
      <span className="row">
        <span className="digits">{count}</span>
        <IconButton
          icon="plus"
          size={14}
          label={words.sets.examples.add(name)}
          disabled={busy !== undefined}
          onClick={() => chooser.current?.click()}
        />
        {count > 0 && (
          <IconButton
            icon="close"
            size={14}
            label={words.sets.examples.forget(name)}
            disabled={busy !== undefined}
            onClick={() => remove(label)}
          />
        )}
        {isBusy && <progress aria-label={words.sets.examples.learning(name)} />}
      </span>
      <input
        ref={chooser}
        type="file"
        accept="image/*"
        multiple
        hidden
        aria-label={words.sets.examples.add(name)}
        onChange={(event) => {
          add(label, event.target.files ?? []);
          event.target.value = "";
        }}
      />
    </td>
  );
}
