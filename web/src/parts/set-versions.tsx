import { type ReactNode, useEffect, useState } from "react";
import type { LabelSet } from "../api";
import { moment } from "../format";
import { useServer } from "../server";
import { bodyOf, draftOf } from "../set-draft";
import { useWords } from "../words";
import { Button, Dialog } from "./basics";

/** Versions whose labels are read, to say what changed. */
const MOST_READ = 20;
/** Of larger sets they are only named. */
const MOST_LABELS = 3000;

/** Labels that came and went between two versions. */
function changesOf(now: LabelSet, before: LabelSet): [added: number, removed: number] {
  const [own, others] = [now, before].map(({ labels }) => new Set(labels.map(({ id }) => id)));
  return [
    [...own!].filter((id) => !others!.has(id)).length,
    [...others!].filter((id) => !own!.has(id)).length,
  ];
}

/** Versions that are kept; bringing one back makes a new version of it. */
export function Versions({
  name,
  set,
  onClose,
  onRestored,
  onError,
}: {
  readonly name: string;
  readonly set: LabelSet;
  readonly onClose: () => void;
  readonly onRestored: () => Promise<void>;
  readonly onError: (error: unknown) => void;
}): ReactNode {
  const words = useWords();
  const { api, reload } = useServer();
  const [list, setList] = useState<readonly number[]>([]);
  const [read, setRead] = useState<ReadonlyMap<number, LabelSet>>(new Map());
  useEffect(() => {
    const load = async (): Promise<void> => {
      const found = (await api.labelSets.versions(name)).reverse();
      setList(found);
      if (set.labels.length > MOST_LABELS) return;
      const sets = await Promise.all(
        found.slice(0, MOST_READ).map(async (version) => (await api.labelSets.get(name, { version })).set),
      );
      setRead(new Map(sets.map((one) => [one.version, one])));
    };
    void load().catch(onError);
  }, [api, name, set, onError]);
  const restore = async (version: number): Promise<void> => {
    try {
      const { set } = await api.labelSets.get(name, { version });
      await api.labelSets.put(name, bodyOf(draftOf(set)));
      await Promise.all([onRestored(), reload()]);
    } catch (error) {
      onError(error);
    }
    onClose();
  };
  return (
    <Dialog title={words.sets.versions} onClose={onClose}>
      <ul className="rows versions">
        {list.map((version, i) => {
          const [one, before] = [read.get(version), read.get(list[i + 1] ?? -1)];
          return (
            <li key={version}>
              <strong className="digits">v{version}</strong>
              <span className="quiet-text digits version-facts">
                {one?.updated !== undefined && <span>{moment(one.updated, words.code)}</span>}
                {one && <span>{words.labels.count(one.labels.length)}</span>}
                {one && before && <span>{words.sets.changes(...changesOf(one, before))}</span>}
              </span>
              {version === set.version ? (
                <span className="badge good">{words.sets.current}</span>
              ) : (
                <Button onClick={() => void restore(version)}>{words.sets.restore}</Button>
              )}
            </li>
          );
        })}
      </ul>
    </Dialog>
  );
}
