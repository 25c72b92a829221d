import { useCallback, useMemo, useRef, useState } from "react";
import type { Hit } from "../api";

export interface Selection {
  readonly ids: ReadonlySet<string>;
  /** Those that were chosen, in that order. */
  readonly hits: readonly Hit[];
  /** Chooses a picture or no longer; `through`: all from the last one to this. */
  turn(list: readonly Hit[], index: number, through: boolean): void;
  clear(): void;
}

/** Pictures that somebody picked out. */
export function useSelection(): Selection {
  const [chosen, setChosen] = useState<ReadonlyMap<string, Hit>>(new Map());
  const last = useRef<string>(undefined);
  const turn = useCallback((list: readonly Hit[], index: number, through: boolean) => {
    const hit = list[index];
    if (!hit) return;
    const from = list.findIndex(({ id }) => id === last.current);
    last.current = hit.id;
    setChosen((before) => {
      const next = new Map(before);
      if (through && from >= 0) {
        for (const one of list.slice(Math.min(from, index), Math.max(from, index) + 1)) next.set(one.id, one);
      } else if (!next.delete(hit.id)) next.set(hit.id, hit);
      return next;
    });
  }, []);
  const clear = useCallback(() => setChosen(new Map()), []);
  return useMemo(
    () => ({ ids: new Set(chosen.keys()), hits: [...chosen.values()], turn, clear }),
    [chosen, turn, clear],
  );
}
