import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { IconButton } from "../parts/basics";
import { Icon, type IconName } from "../parts/icons";
import { useWords } from "../words";

/** A button whose panel opens below it, or at the foot of a phone; Escape and a press elsewhere close it. */
export function Popover({
  icon,
  title,
  value,
  end = false,
  children,
}: {
  readonly icon: IconName;
  readonly title: string;
  /** What is chosen, in place of the title; undefined: nothing. */
  readonly value?: string | undefined;
  /** The panel ends where the button ends. */
  readonly end?: boolean;
  readonly children: ReactNode;
}): ReactNode {
  const words = useWords();
  const id = useId();
  const [open, setOpen] = useState(false);
  const whole = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!open) return;
    const pressed = (event: PointerEvent): void => {
      if (!whole.current?.contains(event.target as Node)) setOpen(false);
    };
    const key = (event: KeyboardEvent): void => {
      if (event.key !== "Escape") return;
      setOpen(false);
      button.current?.focus();
    };
    document.addEventListener("pointerdown", pressed);
    document.addEventListener("keydown", key);
    return () => {
      document.removeEventListener("pointerdown", pressed);
      document.removeEventListener("keydown", key);
    };
  }, [open]);
  return (
    <div className={`popover ${end ? "at-end" : ""}`} ref={whole}>
      <button
        ref={button}
        type="button"
        className={`pill ${value === undefined ? "" : "on"}`}
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
      >
        <Icon name={icon} size={16} />
        <span dir="auto">{value ?? title}</span>
        <Icon name="fold" size={14} />
      </button>
      {open && (
        // biome-ignore lint/a11y/useSemanticElements: a group of fields that are no form's.
        <div className="popover-panel" id={id} role="group" aria-label={title}>
          <div className="popover-head only-phone">
            <strong>{title}</strong>
            <IconButton icon="close" label={words.close} onClick={() => setOpen(false)} />
          </div>
          {children}
        </div>
      )}
    </div>
  );
}
