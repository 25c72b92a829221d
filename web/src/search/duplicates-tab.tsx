import { type ReactNode, useMemo, useState } from "react";
import type { Database, DuplicateGroup as Group } from "../api";
import { bytes } from "../format";
import { Button, Empty, Notice, Select } from "../parts/basics";
import { spoken } from "../said";
import { useWords } from "../words";
import { DuplicateGroup } from "./duplicate-group";
import { type Moved, useDuplicates } from "./use-duplicates";

const proposed = ({ pictures }: Group): string[] => pictures.filter(({ best }) => !best).map(({ id }) => id);

/** Copies and pictures that look alike: looked through, moved to the trash, and back. */
export default function DuplicatesTab({
  database,
  onChanged,
}: {
  readonly database: Database;
  readonly onChanged: () => void;
}): ReactNode {
  const words = useWords();
  const d = words.search.duplicates;
  const [threshold, setThreshold] = useState("");
  const { found, busy, error, more, trash, undo } = useDuplicates(
    database.name,
    threshold === "" ? undefined : Number(threshold),
  );
  /** What somebody decided otherwise than proposed, by group. */
  const [decided, setDecided] = useState<ReadonlyMap<string, readonly string[]>>(new Map());
  const [last, setLast] = useState<Moved>();
  const [said, setSaid] = useState<string>();
  const groups = found?.groups ?? [];
  const goingOf = (group: Group): readonly string[] => decided.get(group.id) ?? proposed(group);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `goingOf` is `decided`.
  const going = useMemo(() => new Set(groups.flatMap(goingOf)), [groups, decided]);
  const size = groups
    .flatMap(({ pictures }) => pictures)
    .reduce((sum, picture) => sum + (going.has(picture.id) ? picture.bytes : 0), 0);
  const move = async (pictures: readonly string[]): Promise<void> => {
    const moved = await trash(pictures);
    if (!moved) return;
    setLast(moved.undo === undefined ? undefined : moved);
    setSaid(`${d.moved(moved.moved)}${moved.left > 0 ? ` ${d.left(moved.left)}` : ""}`);
    onChanged();
  };
  const back = async (): Promise<void> => {
    const restored = last && (await undo(last));
    if (restored === undefined) return;
    setLast(undefined);
    setSaid(d.restored(restored));
    onChanged();
  };
  return (
    <div className="duplicates">
      <section className="panel wide" aria-label={d.title}>
        <div className="row between">
          <div>
            <h2>{d.title}</h2>
            <p className="hint">{d.hint}</p>
          </div>
          <div className="threshold">
            <Select
              label={d.threshold}
              value={threshold}
              options={(["", "0.95", "0.9", "0.8"] as const).map((value) => [value, d.thresholds[value]])}
              onChange={setThreshold}
            />
          </div>
        </div>
        <p className="quiet-text digits" role="status">
          {found ? d.total(found.total, found.extra) : busy ? d.searching : "\u00a0"}
        </p>
        {!database.trash && <Notice>{d.readOnly}</Notice>}
        {error && <Notice kind="error">{spoken(error, words)}</Notice>}
      </section>
      {found && groups.length === 0 && !busy && (
        <section className="panel wide">
          <Empty icon="check" title={d.none} />
        </section>
      )}
      {!found && busy && [0, 1].map((i) => <div key={i} className="panel wide waiting-group" />)}
      {groups.map((group, i) => (
        <DuplicateGroup
          key={group.id}
          group={group}
          number={i + 1}
          going={going}
          writable={database.trash}
          busy={busy}
          onChange={(ids) => setDecided(new Map([...decided, [group.id, ids]]))}
          onMove={() => void move(goingOf(group))}
        />
      ))}
      {more && (
        <div className="row more-groups">
          <Button icon="fold" disabled={busy} onClick={more}>
            {d.more}
          </Button>
        </div>
      )}
      {(said !== undefined || (database.trash && groups.length > 0)) && (
        <div className="selection-bar" role="status">
          {said !== undefined && (
            <span className="row">
              {said}
              {last && (
                <Button icon="undo" disabled={busy} onClick={() => void back()}>
                  {d.undo}
                </Button>
              )}
            </span>
          )}
          {database.trash && groups.length > 0 && (
            <Button
              kind="main"
              icon="trash"
              disabled={busy || going.size === 0}
              onClick={() => void move([...going])}
            >
              {d.move(going.size, bytes(size, words.code))}
            </Button>
          )}
        </div>
      )}
    </div>
  );
}
