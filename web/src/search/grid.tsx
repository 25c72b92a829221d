import {
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import type { Hit } from "../api";
import { justified, moved, rowOf } from "./rows";
import { Tile, type TileAct } from "./tile";
import { useVisibleRows, useWidth } from "./use-window";

/** Pixels between pictures, and how high a row would be by itself: two or three pictures a row of a phone. */
const GAP = 6;
const targetOf = (width: number): number => (width < 600 ? 132 : width < 1100 ? 180 : 210);
/** More is asked for when so many screens are left. */
const AHEAD = 2.5;

export interface GridProps {
  readonly hits: readonly Hit[];
  readonly label: string;
  readonly chosen: ReadonlySet<string>;
  readonly onChoose: (index: number, through: boolean) => void;
  readonly onOpen: (index: number) => void;
  readonly onSimilar: (hit: Hit) => void;
  /** Asked for when the end comes near. */
  readonly onMore?: (() => void) | undefined;
}

/** Pictures in justified rows, of which those on the screen are drawn; by the keyboard too. */
export function Grid({ hits, label, chosen, onChoose, onOpen, onSimilar, onMore }: GridProps): ReactNode {
  const list = useRef<HTMLUListElement>(null);
  const width = useWidth(list);
  const layout = useMemo(() => justified(hits, Math.max(1, width), targetOf(width), GAP), [hits, width]);
  const [first, end] = useVisibleRows(list, layout.rows);
  const [current, setCurrent] = useState(0);
  const at = Math.min(current, Math.max(0, hits.length - 1));
  /** Set by a key: the picture to be focused once it is drawn. */
  const goal = useRef<number>(undefined);

  useEffect(() => {
    const { top, bottom } = list.current!.getBoundingClientRect();
    if (top < innerHeight && bottom - innerHeight < AHEAD * innerHeight) onMore?.();
  });
  useLayoutEffect(() => {
    if (goal.current === undefined) return;
    const held = list.current?.querySelector<HTMLElement>(`.tile-open[data-index="${goal.current}"]`);
    if (!held) return;
    goal.current = undefined;
    held.focus({ preventScroll: true });
    reveal(held);
  });

  const pressed = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || hits.length === 0) return;
    if (event.key === " ") {
      event.preventDefault();
      onChoose(at, event.shiftKey);
      return;
    }
    const to = moved(layout, at, event.key, innerHeight);
    if (to === undefined) return;
    event.preventDefault();
    // A row above the first is the field that was typed in.
    if (event.key === "ArrowUp" && rowOf(layout.rows, at) === 0) {
      document.querySelector<HTMLElement>("#search-field")?.focus();
      scrollTo({ top: 0 });
      return;
    }
    goal.current = to;
    setCurrent(to);
  };
  const clicked = (event: MouseEvent): void => {
    const button = (event.target as Element).closest<HTMLElement>("button[data-do]");
    if (!button) return;
    const index = Number(button.dataset.index);
    const act = button.dataset.do as TileAct;
    setCurrent(index);
    if (act === "choose" || event.ctrlKey || event.metaKey || event.shiftKey) onChoose(index, event.shiftKey);
    else if (act === "similar") onSimilar(hits[index]!);
    else onOpen(index);
  };

  const drawn = layout.rows.slice(first, end);
  // The one with the focus stays, wherever somebody scrolls.
  const isAway = hits.length > 0 && (rowOf(layout.rows, at) < first || rowOf(layout.rows, at) >= end);
  if (isAway) drawn.push(layout.rows[rowOf(layout.rows, at)]!);
  return (
    <ul
      ref={list}
      className="tiles"
      aria-label={label}
      style={{ height: layout.height }}
      onKeyDown={pressed}
      onClick={clicked}
    >
      {width > 0 &&
        drawn.flatMap((row) =>
          hits.slice(row.first, row.first + row.count).map((hit, k) => {
            const index = row.first + k;
            return (
              <Tile
                key={hit.id}
                hit={hit}
                index={index}
                of={hits.length}
                left={layout.lefts[index]!}
                top={row.top}
                width={layout.widths[index]!}
                height={row.height}
                isCurrent={index === at}
                isChosen={chosen.has(hit.id)}
              />
            );
          }),
        )}
    </ul>
  );
}

/** Into view, below what stays at the top of the page. */
function reveal(tile: HTMLElement): void {
  const { top, bottom } = tile.getBoundingClientRect();
  const head = document.querySelector(".search-head")?.getBoundingClientRect().bottom ?? 60;
  const foot = document.querySelector(".selection-bar")?.getBoundingClientRect().top ?? innerHeight;
  if (top < head + GAP) scrollBy({ top: top - head - GAP });
  else if (bottom > foot - GAP) scrollBy({ top: bottom - foot + GAP });
}
