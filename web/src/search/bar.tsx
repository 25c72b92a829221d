import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { IconButton } from "../parts/basics";
import { CameraDialog } from "../parts/camera-dialog";
import { Icon } from "../parts/icons";
import { usePlatform } from "../platform";
import { useWords } from "../words";
import { CropDialog } from "./crop-dialog";
import { isOwn, withTerm } from "./query";
import { addressOf, Terms } from "./terms";
import { useAddress } from "./use-address";
import type { QueryState } from "./use-query";

/** Longer texts are more than a model reads. */
const MOST_TYPED = 4000;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  target.matches("input:not([type=checkbox], [type=range]), textarea, select");

/** `/` anywhere goes to the field. */
function useSlash(focus: () => void): void {
  useEffect(() => {
    const pressed = (event: globalThis.KeyboardEvent): void => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target))
        return;
      if (document.querySelector("dialog[open]")) return;
      event.preventDefault();
      focus();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [focus]);
}

/** Where it is said what is looked for: words, words with signs, a picture. */
export function SearchBar({
  state,
  busy,
  onFiles,
  onCode,
  onDown,
}: {
  readonly state: QueryState;
  readonly busy: boolean;
  readonly onFiles: (files: Iterable<File>) => void;
  /** Undefined: not for this query. */
  readonly onCode: (() => void) | undefined;
  /** To the results, by the arrow key. */
  readonly onDown: () => void;
}): ReactNode {
  const words = useWords();
  const { local } = usePlatform();
  const { query, set, type } = state;
  const field = useRef<HTMLInputElement>(null);
  const chooser = useRef<HTMLInputElement>(null);
  const [window, setWindow] = useState<"crop" | "camera">();
  const own = query.picture !== undefined && isOwn(query.picture) ? query.picture.file : undefined;
  const address = useAddress(own);
  const focus = useRef(() => {
    field.current?.focus();
    field.current?.select();
  });
  useSlash(focus.current);
  const typed = query.text.trim();
  /** What was typed becomes a chip; where nothing was, the sign is written. */
  const sign = (way: 1 | -1): void => {
    field.current?.focus();
    const text = typed.replace(/^[+\-−＋－]\s*/u, "").replaceAll('"', "");
    if (text === "") type({ ...query, text: way > 0 ? "+" : "-" });
    else set({ ...withTerm(query, { sign: way, text }), text: "" });
  };
  const pressed = (event: KeyboardEvent): void => {
    // Enter that ends the composition of a Chinese word is no Enter of ours.
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Enter" && /^[+\-−＋－]\s*\S/u.test(typed)) {
      event.preventDefault();
      sign(/^[+＋]/u.test(typed) ? 1 : -1);
    } else if (event.key === "ArrowDown" || (event.key === "Enter" && typed !== "")) {
      event.preventDefault();
      onDown();
    } else if (event.key === "Backspace" && query.text === "" && query.terms.length > 0)
      set({ ...query, terms: query.terms.slice(0, -1) });
    else if (event.key === "Backspace" && query.text === "" && query.picture !== undefined)
      set({ ...query, picture: undefined, crop: undefined });
    else if (event.key === "Escape" && query.text !== "") {
      event.preventDefault();
      set({ ...query, text: "" });
    }
  };
  return (
    <search className="search-bar">
      <div className="query">
        <Icon name="search" size={22} />
        <Terms state={state} address={address} onCrop={() => setWindow("crop")} />
        <input
          ref={field}
          id="search-field"
          type="search"
          aria-label={words.search.field}
          placeholder={words.search.placeholder}
          title={words.search.syntax}
          value={query.text}
          maxLength={MOST_TYPED}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          enterKeyHint="search"
          dir="auto"
          onChange={(event) => type({ ...query, text: event.target.value })}
          onKeyDown={pressed}
        />
        <span className="query-tools">
          {query.text !== "" && (
            <IconButton
              icon="close"
              size={16}
              label={words.search.clearField}
              onClick={() => {
                set({ ...query, text: "" });
                field.current?.focus();
              }}
            />
          )}
          <IconButton icon="plus" label={words.search.also} onClick={() => sign(1)} />
          <IconButton icon="minus" label={words.search.without} onClick={() => sign(-1)} />
          <span className="other-tools">
            <IconButton
              icon="image"
              label={words.search.ownPicture}
              onClick={() => chooser.current?.click()}
            />
            <IconButton icon="camera" label={words.pictures.camera} onClick={() => setWindow("camera")} />
            {!local && (
              <IconButton icon="code" label={words.search.code} disabled={!onCode} onClick={onCode} />
            )}
          </span>
        </span>
        <input
          ref={chooser}
          type="file"
          accept="image/*"
          hidden
          aria-label={words.search.ownPicture}
          onChange={(event) => {
            onFiles(event.target.files ?? []);
            event.target.value = "";
          }}
        />
      </div>
      <span className={`progress-line ${busy ? "busy" : ""}`} aria-hidden="true" />
      {window === "camera" && (
        <CameraDialog onTake={(file) => onFiles([file])} onClose={() => setWindow(undefined)} />
      )}
      {window === "crop" && query.picture !== undefined && (
        <CropDialog
          address={isOwn(query.picture) ? addressOf(query.picture, address) : query.picture.picture}
          otherwise={addressOf(query.picture, address)}
          crop={query.crop}
          onCrop={(crop) => {
            setWindow(undefined);
            set({ ...query, crop });
          }}
          onClose={() => setWindow(undefined)}
        />
      )}
    </search>
  );
}
