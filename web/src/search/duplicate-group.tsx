import type { ReactNode } from "react";
import type { DuplicateGroup as Group } from "../api";
import { bytes, whole } from "../format";
import { Button } from "../parts/basics";
import { Icon } from "../parts/icons";
import { useWords } from "../words";
import { Picture } from "./picture";

/** Copies side by side: which one is kept, and which ones go. */
export function DuplicateGroup({
  group,
  number,
  going,
  writable,
  busy,
  onChange,
  onMove,
}: {
  readonly group: Group;
  readonly number: number;
  /** Ids of those that go. */
  readonly going: ReadonlySet<string>;
  readonly writable: boolean;
  readonly busy: boolean;
  readonly onChange: (going: readonly string[]) => void;
  readonly onMove: () => void;
}): ReactNode {
  const words = useWords();
  const d = words.search.duplicates;
  const { kind, pictures } = group;
  const gone = pictures.filter(({ id }) => going.has(id)).map(({ id }) => id);
  /** One has to stay: a press on the last one that is kept does nothing. */
  const turn = (id: string): void => {
    const next = going.has(id) ? gone.filter((one) => one !== id) : [...gone, id];
    if (next.length < pictures.length) onChange(next);
  };
  return (
    <section className="panel wide duplicate-group" aria-label={d.group(number)}>
      <div className="row between">
        <h3 className="row digits">
          {d.group(number)}
          <span className={`badge ${kind === "same" ? "good" : ""}`}>{d.kinds[kind]}</span>
        </h3>
        {writable && (
          <div className="row">
            {gone.length > 0 ? (
              <Button kind="quiet" onClick={() => onChange([])}>
                {d.keepAll}
              </Button>
            ) : (
              <Button
                kind="quiet"
                onClick={() => onChange(pictures.filter(({ best }) => !best).map(({ id }) => id))}
              >
                {d.propose}
              </Button>
            )}
            <Button icon="trash" disabled={busy || gone.length === 0} onClick={onMove}>
              {d.moveGroup}
            </Button>
          </div>
        )}
      </div>
      <ul className="copies">
        {pictures.map((picture) => {
          const goes = going.has(picture.id);
          const size = `${whole(picture.width, words.code)} × ${whole(picture.height, words.code)}`;
          return (
            <li key={picture.id} className={writable ? (goes ? "goes" : "stays") : ""}>
              <button
                type="button"
                className="copy"
                disabled={!writable}
                aria-pressed={!goes}
                aria-label={goes ? d.keepThis(picture.name) : d.trashThis(picture.name)}
                onClick={() => turn(picture.id)}
              >
                <Picture address={picture.thumbnail} lazy />
                {writable && (
                  <span className="verdict">
                    <Icon name={goes ? "trash" : "check"} size={14} />
                    {goes ? d.trash : d.keep}
                  </span>
                )}
              </button>
              <span className="copy-facts digits">
                <span>
                  {size} · {bytes(picture.bytes, words.code)}
                </span>
                {picture.best && <span className="badge good">{d.best}</span>}
              </span>
              <span className="quiet-text path" dir="auto" title={picture.path}>
                {picture.path}
              </span>
              {picture.sharpness !== undefined && (
                <span className="quiet-text digits">
                  {d.sharpness} {whole(picture.sharpness, words.code)}
                </span>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
