import { type ReactNode, useMemo, useState } from "react";
import type { PagePicture, Pictures } from "../pictures";
import type { Draft, DraftLabel } from "../set-draft";
import { type TreeRow, treeRows } from "../set-tree";
import type { SetExamples } from "../use-examples";
import { useWords } from "../words";
import { Button, IconButton } from "./basics";
import { splitLabels } from "./chips";
import { dropOn, PictureSource } from "./drop-zone";
import { AddLabels } from "./set-add";
import { Cell } from "./set-cell";
import { ExamplesCell } from "./set-examples";
import { Fits, type Fitting, usePreview } from "./set-preview";

/** Rows that are drawn at first, and more each time they are asked for. */
const ROWS = 200;

/** Always the same one: another list would be asked about anew. */
const NO_PICTURES: readonly PagePicture[] = [];

/** Which of the columns there are that a set may do without. */
type Columns = Readonly<Record<"description" | "aliases" | "parent", boolean>>;

/** The labels of a set as a table: found, edited where they may be, and tried on pictures. */
export function LabelsTable({
  draft,
  onChange,
  pictures,
  saved,
  examples,
}: {
  readonly draft: Draft;
  /** Undefined: the set can only be looked at. */
  readonly onChange: ((draft: Draft) => void) | undefined;
  readonly pictures: Pictures;
  /** Name of the set where it is as the server has it: it may learn, and answers by what it learnt. */
  readonly saved: string | undefined;
  readonly examples: SetExamples;
}): ReactNode {
  const words = useWords();
  const [filter, setFilter] = useState("");
  const [previewed, setPreviewed] = useState(false);
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const [most, setMost] = useState(ROWS);
  const wanted = filter.trim().toLowerCase();
  const rows = useMemo(() => {
    if (wanted === "") return treeRows(draft.labels, folded);
    const fits = ({ id, name, aliases, description }: DraftLabel): boolean =>
      [id, name, description, ...aliases].some((text) => text.toLowerCase().includes(wanted));
    return draft.labels.filter(fits).map((label): TreeRow => ({ label, depth: 0, hasBelow: false }));
  }, [draft, wanted, folded]);
  // What can only be looked at has no columns without a word in them.
  const used = useMemo((): Columns => {
    const some = (has: (label: DraftLabel) => boolean): boolean =>
      onChange !== undefined || draft.labels.some(has);
    return {
      description: some(({ description }) => description !== ""),
      aliases: some(({ aliases }) => aliases.length > 0),
      parent: some(({ parent }) => parent !== ""),
    };
  }, [draft, onChange]);
  const fitting = usePreview(previewed ? pictures.list : NO_PICTURES, draft, saved, examples.mark);
  const put = (labels: readonly DraftLabel[]): void => onChange?.({ ...draft, labels });
  const change = (key: string, part: Partial<DraftLabel>): void =>
    put(draft.labels.map((label) => (label.key === key ? { ...label, ...part } : label)));
  const fold = (key: string): void => {
    const next = new Set(folded);
    if (!next.delete(key)) next.add(key);
    setFolded(next);
  };
  return (
    <>
      <div className="row between label-tools">
        <div className="row">
          <input
            type="search"
            className="filter"
            placeholder={words.sets.filter}
            aria-label={words.sets.filter}
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
          />
          {onChange && <AddLabels draft={draft} onChange={onChange} />}
        </div>
        <div className="row">
          <span className="quiet-text digits">
            {words.sets.shown(Math.min(rows.length, most), draft.labels.length)}
          </span>
          <label className="check">
            <input
              type="checkbox"
              checked={previewed}
              onChange={(event) => setPreviewed(event.target.checked)}
            />
            {words.sets.preview}
          </label>
        </div>
      </div>
      {previewed && (
        <div className="preview">
          <p className="hint">{pictures.list.length > 0 ? words.sets.previewHint : words.sets.previewNone}</p>
          <PictureSource pictures={pictures} compact />
        </div>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys. */}
      <section className="scroll" tabIndex={0} aria-label={words.labels.title}>
        <table className={`labels-table ${onChange ? "editable" : ""}`}>
          <thead>
            <tr>
              <th scope="col" className="col-name">
                {words.sets.columns.name}
              </th>
              {previewed && (
                <th scope="col" className="col-fits">
                  {words.sets.preview}
                </th>
              )}
              {examples.now && (
                <th scope="col" className="col-examples">
                  {words.sets.examples.title}
                </th>
              )}
              {used.description && (
                <th scope="col" className="col-description">
                  {words.sets.columns.description}
                </th>
              )}
              {used.aliases && (
                <th scope="col" className="col-aliases">
                  {words.sets.columns.aliases}
                </th>
              )}
              {used.parent && <th scope="col">{words.sets.columns.parent}</th>}
              <th scope="col">{words.sets.columns.id}</th>
              {onChange && <th className="col-end" aria-label={words.sets.delete} />}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, most).map(({ label, depth, hasBelow }) => (
              <Row
                key={label.key}
                label={label}
                used={used}
                depth={depth}
                onFold={hasBelow ? () => fold(label.key) : undefined}
                isFolded={folded.has(label.key)}
                examples={examples.now && examples}
                learns={saved !== undefined}
                fitting={previewed ? (fitting.get(label.name) ?? []) : undefined}
                onChange={onChange && ((part) => change(label.key, part))}
                onRemove={() => put(draft.labels.filter(({ key }) => key !== label.key))}
              />
            ))}
          </tbody>
        </table>
        {rows.length > most && (
          <Button kind="quiet" onClick={() => setMost(most + ROWS)}>
            {words.sets.showMore}
          </Button>
        )}
      </section>
    </>
  );
}

function Row({
  label,
  used,
  depth,
  onFold,
  isFolded,
  examples,
  learns,
  fitting,
  onChange,
  onRemove,
}: {
  readonly label: DraftLabel;
  readonly used: Columns;
  readonly depth: number;
  /** Undefined: nothing is under it. */
  readonly onFold: (() => void) | undefined;
  readonly isFolded: boolean;
  /** Undefined: the set can't learn. */
  readonly examples: SetExamples | undefined;
  /** It is as the server has it. */
  readonly learns: boolean;
  readonly fitting: Fitting | undefined;
  readonly onChange: ((part: Partial<DraftLabel>) => void) | undefined;
  readonly onRemove: () => void;
}): ReactNode {
  const words = useWords();
  const { columns } = words.sets;
  const cell = (field: "name" | "description" | "parent" | "id", value: string): ReactNode =>
    onChange ? (
      <Cell
        label={`${columns[field]}: ${label.name}`}
        value={value}
        onDone={(text) => onChange({ [field]: text })}
      />
    ) : (
      <span dir="auto">{value}</span>
    );
  const [over, setOver] = useState(false);
  // The server gives a label without an id its name.
  const own = label.id || label.name;
  // What has labels under it is not compared with pictures itself.
  const drop = examples && learns && !onFold ? dropOn(setOver, (files) => examples.add(own, files)) : {};
  return (
    <tr className={over ? "over" : ""} {...drop}>
      <td>
        <span className="name-cell" style={{ paddingInlineStart: `${depth * 22}px` }}>
          {onFold ? (
            <IconButton
              icon={isFolded ? "unfold" : "fold"}
              size={14}
              aria-expanded={!isFolded}
              label={isFolded ? words.sets.unfold(label.name) : words.sets.fold(label.name)}
              onClick={onFold}
            />
          ) : (
            <span className="no-fold" />
          )}
          {cell("name", label.name)}
        </span>
      </td>
      {fitting && <Fits fitting={fitting} />}
      {examples &&
        (onFold ? (
          <td />
        ) : learns ? (
          <ExamplesCell label={own} name={label.name} examples={examples} />
        ) : (
          <td className="col-examples quiet-text">{words.sets.examples.unsaved}</td>
        ))}
      {used.description && <td>{cell("description", label.description)}</td>}
      {used.aliases && (
        <td>
          {onChange ? (
            <Cell
              label={`${columns.aliases}: ${label.name}`}
              value={label.aliases.join(", ")}
              onDone={(text) => onChange({ aliases: splitLabels(text) })}
            />
          ) : (
            <span dir="auto">{label.aliases.join(", ")}</span>
          )}
        </td>
      )}
      {used.parent && <td>{cell("parent", label.parent)}</td>}
      <td>{cell("id", label.id)}</td>
      {onChange && (
        <td>
          <IconButton icon="close" size={14} label={words.remove(label.name)} onClick={onRemove} />
        </td>
      )}
    </tr>
  );
}
