import { memo, type ReactNode } from "react";
import type { Hit } from "../api";
import { clock, percent } from "../format";
import { Icon } from "../parts/icons";
import { useWords } from "../words";
import { Picture } from "./picture";

export interface TileProps {
  readonly hit: Hit;
  readonly index: number;
  readonly of: number;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** The one that the keyboard is at. */
  readonly isCurrent: boolean;
  readonly isChosen: boolean;
}

/** What `data-do` of a tile's buttons may say: the grid listens for all of its tiles. */
export type TileAct = "open" | "choose" | "similar";

/** One picture of the grid. */
export const Tile = memo(function Tile({
  hit,
  index,
  of,
  left,
  top,
  width,
  height,
  isCurrent,
  isChosen,
}: TileProps): ReactNode {
  const words = useWords();
  const { name, relevance, time } = hit;
  const share = relevance === undefined ? "" : percent(relevance, words.code);
  return (
    <li
      className={`tile ${isChosen ? "chosen" : ""}`}
      style={{ transform: `translate(${left}px, ${top}px)`, width, height }}
      aria-setsize={of}
      aria-posinset={index + 1}
    >
      <button
        type="button"
        className="tile-open"
        data-do={"open" satisfies TileAct}
        data-index={index}
        tabIndex={isCurrent ? 0 : -1}
        aria-label={words.search.tile(name, share, isChosen)}
      >
        <Picture address={hit.thumbnail} />
        <span className="tile-words">
          <span className="tile-name" dir="auto">
            {name}
          </span>{" "}
          {share !== "" && <span className="share">{share}</span>}
        </span>
      </button>
      {time !== undefined && <span className="tile-time digits">{clock(time / 1000)}</span>}
      <button
        type="button"
        className="tile-choose"
        data-do={"choose" satisfies TileAct}
        data-index={index}
        tabIndex={-1}
        aria-pressed={isChosen}
        aria-label={words.search.choose(name)}
        title={words.search.choose(name)}
      >
        <Icon name="check" size={14} />
      </button>
      <button
        type="button"
        className="tile-similar"
        data-do={"similar" satisfies TileAct}
        data-index={index}
        tabIndex={-1}
        aria-label={words.search.similarTo(name)}
        title={words.search.similar}
      >
        <Icon name="similar" size={16} />
      </button>
    </li>
  );
});
