import type { ReactNode } from "react";
import type { Hit } from "../api";
import { IconButton } from "../parts/basics";
import { useWords } from "../words";
import { type Crop, isOwn, type OwnPicture, type Query, type Term } from "./query";
import type { QueryState } from "./use-query";

/** A picture of a chip: the part of it that counts, where there is one. */
export function Part({
  address,
  crop,
}: {
  readonly address: string;
  readonly crop?: Crop | undefined;
}): ReactNode {
  const [x, y, width, height] = crop ?? [0, 0, 1, 1];
  return (
    <span className="part">
      <img
        src={address}
        alt=""
        style={
          crop && {
            width: `${100 / width}%`,
            height: `${100 / height}%`,
            transform: `translate(${-100 * x}%, ${-100 * y}%)`,
          }
        }
      />
    </span>
  );
}

function TermChip({
  term,
  onTurn,
  onRemove,
}: {
  readonly term: Term;
  readonly onTurn: () => void;
  readonly onRemove: () => void;
}): ReactNode {
  const words = useWords();
  const name = "row" in term ? term.row.name : term.text;
  return (
    <li className={`chip term ${term.sign > 0 ? "plus" : "minus"}`}>
      <IconButton
        icon={term.sign > 0 ? "plus" : "minus"}
        size={14}
        label={words.search.turn(name)}
        onClick={onTurn}
      />
      {"row" in term && <Part address={term.row.thumbnail} />}
      <span className="hidden">{term.sign > 0 ? words.search.plus(name) : words.search.minus(name)}</span>
      <span className="term-name" dir="auto" aria-hidden="true">
        {name}
      </span>
      <IconButton icon="close" size={13} label={words.remove(name)} onClick={onRemove} />
    </li>
  );
}

/** What is looked for beside the typed words: the picture, further words and pictures with their signs. */
export function Terms({
  state: { query, set },
  address,
  onCrop,
}: {
  readonly state: QueryState;
  /** Of a picture of one's own. */
  readonly address: string | undefined;
  readonly onCrop: () => void;
}): ReactNode {
  const words = useWords();
  const { terms, picture, crop } = query;
  if (terms.length === 0 && picture === undefined) return null;
  const replaced = (at: number, term?: Term): Query => ({
    ...query,
    terms: terms.flatMap((one, i) => (i === at ? (term ?? []) : one)),
  });
  return (
    <ul className="terms" aria-label={words.search.terms}>
      {picture !== undefined && (
        <li className="chip term picture-term">
          <Part address={addressOf(picture, address)} crop={crop} />
          <span className="term-name" dir="auto">
            {picture.name}
          </span>
          <IconButton icon="crop" size={16} label={words.search.crop} onClick={onCrop} />
          <IconButton
            icon="close"
            size={13}
            label={words.remove(picture.name)}
            onClick={() => set({ ...query, picture: undefined, crop: undefined })}
          />
        </li>
      )}
      {terms.map((term, i) => (
        <TermChip
          key={"row" in term ? term.row.id : term.text}
          term={term}
          onTurn={() => set(replaced(i, { ...term, sign: term.sign > 0 ? -1 : 1 }))}
          onRemove={() => set(replaced(i))}
        />
      ))}
    </ul>
  );
}

export function addressOf(picture: OwnPicture | Hit, own: string | undefined): string {
  return isOwn(picture) ? (own ?? "") : picture.thumbnail;
}
