import { type ClipboardEvent, type KeyboardEvent, type ReactNode, useId, useRef, useState } from "react";
import { useWords } from "../words";
import { IconButton } from "./basics";

/** A text between commas (of any script) and lines → its words, each once, in order. */
export function splitLabels(text: string): string[] {
  return [...new Set(text.split(/[,，、;；\n\t]/).map((word) => word.trim()))].filter((word) => word !== "");
}

/** Chips that are drawn: a longer list is counted. */
const MOST_SHOWN = 300;

/** Labels as chips: typed, pasted as a list, removed by their cross or by Backspace. */
export function LabelChips({
  labels,
  onChange,
}: {
  readonly labels: readonly string[];
  readonly onChange: (labels: readonly string[]) => void;
}): ReactNode {
  const words = useWords();
  const id = useId();
  const [typed, setTyped] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const add = (text: string): void => {
    const added = splitLabels(text).filter((word) => !labels.includes(word));
    if (added.length > 0) onChange([...labels, ...added]);
    setTyped("");
  };
  const pressed = (event: KeyboardEvent): void => {
    // Enter that ends the composition of a Chinese word is no Enter of ours.
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Enter") {
      event.preventDefault();
      add(typed);
    } else if (event.key === "Backspace" && typed === "" && labels.length > 0) onChange(labels.slice(0, -1));
  };
  const pasted = (event: ClipboardEvent): void => {
    const text = event.clipboardData.getData("text");
    if (splitLabels(text).length < 2) return;
    event.preventDefault();
    add(`${typed}${text}`);
  };
  return (
    <div className="field">
      <div className="field-head">
        <label htmlFor={id}>{words.labels.title}</label>
        {labels.length > 0 && (
          <span className="tools">
            <span className="quiet-text">{words.labels.count(labels.length)}</span>
            <IconButton icon="trash" label={words.labels.clear} size={16} onClick={() => onChange([])} />
          </span>
        )}
      </div>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: a click beside the chips goes to the field, which keys reach by themselves. */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the same */}
      <div
        className="chips"
        onClick={(event) => event.target === event.currentTarget && field.current?.focus()}
      >
        <ul>
          {labels.slice(0, MOST_SHOWN).map((label) => (
            <li key={label} className="chip">
              <span dir="auto">{label}</span>
              <IconButton
                icon="close"
                size={13}
                label={words.remove(label)}
                onClick={() => onChange(labels.filter((other) => other !== label))}
              />
            </li>
          ))}
          {labels.length > MOST_SHOWN && (
            <li className="quiet-text">{words.answer.more(labels.length - MOST_SHOWN)}</li>
          )}
        </ul>
        <input
          ref={field}
          id={id}
          value={typed}
          placeholder={words.labels.placeholder}
          autoComplete="off"
          spellCheck={false}
          maxLength={5000}
          onChange={(event) =>
            /[,，\n]/.test(event.target.value) ? add(event.target.value) : setTyped(event.target.value)
          }
          onKeyDown={pressed}
          onPaste={pasted}
          onBlur={() => add(typed)}
        />
      </div>
      <p className="hint">{words.labels.hint}</p>
    </div>
  );
}
