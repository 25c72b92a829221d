import {
  type ButtonHTMLAttributes,
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { useWords } from "../words";
import { Icon, type IconName } from "./icons";

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly icon?: IconName;
  readonly kind?: "plain" | "main" | "quiet" | "danger";
}

export function Button({ icon, kind = "plain", children, className = "", ...rest }: ButtonProps): ReactNode {
  return (
    <button type="button" className={`button ${kind} ${className}`} {...rest}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

/** A button that is an icon alone; its label is read out and shown when pointed at. */
export function IconButton({
  icon,
  label,
  size = 18,
  ...rest
}: Omit<ButtonProps, "kind" | "children"> & {
  readonly icon: IconName;
  readonly label: string;
  readonly size?: number;
}): ReactNode {
  return (
    <button type="button" className="icon-button" aria-label={label} title={label} {...rest}>
      <Icon name={icon} size={size} />
    </button>
  );
}

/** A field with its label above it. */
export function Field({
  label,
  hint,
  children,
}: {
  readonly label: string;
  readonly hint?: string;
  readonly children: (id: string) => ReactNode;
}): ReactNode {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children(id)}
      {hint !== undefined && <p className="hint">{hint}</p>}
    </div>
  );
}

export function Select<T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  readonly label: string;
  readonly value: T;
  readonly options: readonly (readonly [value: T, words: string])[];
  readonly onChange: (value: T) => void;
}): ReactNode {
  return (
    <Field label={label}>
      {(id) => (
        <select id={id} value={value} onChange={(event) => onChange(event.target.value as T)}>
          {options.map(([option, words]) => (
            <option key={option} value={option}>
              {words}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

export function Notice({
  kind = "info",
  children,
}: {
  readonly kind?: "info" | "error" | "good";
  readonly children: ReactNode;
}): ReactNode {
  return (
    <div className={`notice ${kind}`} role={kind === "error" ? "alert" : "status"}>
      <Icon name={kind === "good" ? "check" : "warn"} />
      <div>{children}</div>
    </div>
  );
}

/** What stands where there is nothing yet. */
export function Empty({
  icon,
  title,
  children,
}: {
  readonly icon: IconName;
  readonly title: string;
  readonly children?: ReactNode;
}): ReactNode {
  return (
    <div className="empty">
      <Icon name={icon} size={32} />
      <p>{title}</p>
      {children}
    </div>
  );
}

/** A window over the page; Escape and a click beside it close it. */
export function Dialog({
  title,
  className,
  onClose,
  onKeyDown,
  children,
}: {
  readonly title: string;
  readonly className?: string;
  readonly onClose: () => void;
  readonly onKeyDown?: (event: KeyboardEvent) => void;
  readonly children: ReactNode;
}): ReactNode {
  const words = useWords();
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  // With the commit, not after the next paint: a key that is pressed at once is meant for the window.
  useLayoutEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      className={className}
      aria-labelledby={id}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && dialog.current.close()}
      onKeyDown={(event) => {
        if (event.key === "Escape") event.stopPropagation();
        onKeyDown?.(event);
      }}
    >
      <header>
        <h2 id={id}>{title}</h2>
        <IconButton icon="close" label={words.close} onClick={() => dialog.current?.close()} />
      </header>
      {children}
    </dialog>
  );
}

export function CopyButton({
  text,
  label,
}: {
  readonly text: string;
  /** Default: that it copies. */
  readonly label?: string;
}): ReactNode {
  const words = useWords();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = (): void => void navigator.clipboard.writeText(text).then(() => setCopied(true));
  return (
    <Button icon={copied ? "check" : "copy"} onClick={copy}>
      {copied ? words.copied : (label ?? words.copy)}
    </Button>
  );
}

/** One of a few, as buttons side by side. */
export function Segments<T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  readonly label: string;
  readonly value: T;
  readonly options: readonly (readonly [value: T, words: string, icon?: IconName])[];
  readonly onChange: (value: T) => void;
}): ReactNode {
  return (
    <fieldset className="segments" aria-label={label}>
      {options.map(([option, words, icon]) => (
        <button key={option} type="button" aria-pressed={option === value} onClick={() => onChange(option)}>
          {icon && <Icon name={icon} size={16} />}
          {words}
        </button>
      ))}
    </fieldset>
  );
}
