import { type ReactNode, useState } from "react";

/** A cell that is typed in; it counts when it is left, so that one word is one step of undo. */
export function Cell({
  label,
  value,
  placeholder,
  onDone,
}: {
  readonly label: string;
  readonly value: string;
  readonly placeholder?: string;
  readonly onDone: (value: string) => void;
}): ReactNode {
  const [typed, setTyped] = useState(value);
  const [seen, setSeen] = useState(value);
  if (seen !== value) {
    setSeen(value);
    setTyped(value);
  }
  return (
    <input
      aria-label={label}
      value={typed}
      title={typed}
      placeholder={placeholder}
      maxLength={1000}
      dir="auto"
      onChange={(event) => setTyped(event.target.value)}
      onBlur={() => typed !== value && onDone(typed)}
      onKeyDown={(event) => {
        if (event.key === "Enter") event.currentTarget.blur();
        if (event.key === "Escape") setTyped(value);
      }}
    />
  );
}
