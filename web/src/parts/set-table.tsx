import { type ReactNode, useMemo, useState } from "react";
import { useAnswers } from "../classify";
import { percent } from "../format";
import { groupBy } from "../group";
import type { PagePicture, Pictures } from "../pictures";
import { useServer } from "../server";
import { bodyOf, type Draft, type DraftLabel } from "../set-draft";
import { type TreeRow, treeRows } from "../set-tree";
import { useWords } from "../words";
import { Button, IconButton } from "./basics";
import { splitLabels } from "./chips";
import { PictureSource } from "./drop-zone";
import { AddLabels } from "./set-add";
import { Cell } from "./set-cell";

/** Rows that are drawn at first, and more each time they are asked for. */
const ROWS = 200;
/** Pictures that the preview asks for. */
const MOST_PREVIEWED = 24;
/** Of each label, pictures that fit it best; what fits less is none of it. */
const MOST_SHOWN = 4;
const LEAST_SHARE = 0.05;

/** Always the same one: another list would be asked about anew. */
const NO_PICTURES: readonly PagePicture[] = [];

/** Pictures that fit a label, the best first. */
type Fitting = readonly { readonly picture: PagePicture; readonly share: number }[];

/** Which of the columns there are that a set may do without. */
type Columns = Readonly<Record<"description" | "aliases" | "parent", boolean>>;

/** The labels of a set as a table: found, edited where they may be, and tried on pictures. */
export function LabelsTable({
  draft,
  onChange,
  pictures,
}: {
  readonly draft: Draft;
  /** Undefined: the set can only be looked at. */
  readonly onChange: ((draft: Draft) => void) | undefined;
  readonly pictures: Pictures;
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
  const fitting = usePreview(previewed ? pictures.list : NO_PICTURES, draft);
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

/** Pictures that each label fits, by its name. */
function usePreview(pictures: readonly PagePicture[], draft: Draft): ReadonlyMap<string, Fitting> {
  const { info } = useServer();
  const asked = useMemo(() => {
    const { labels } = bodyOf(draft);
    const most = info?.limits.inlineLabels ?? 1000;
    return labels.length > 1 && labels.length <= most ? { labels } : undefined;
  }, [draft, info]);
  const tried = useMemo(() => pictures.slice(0, MOST_PREVIEWED), [pictures]);
  const { byPicture } = useAnswers(tried, asked);
  return useMemo(() => {
    const pairs = tried.flatMap((picture) =>
      (byPicture.get(picture.id)?.predictions ?? []).map(({ label, probability }) => {
        return { label, picture, share: probability };
      }),
    );
    const sorted = pairs.filter(({ share }) => share >= LEAST_SHARE).sort((a, b) => b.share - a.share);
    return groupBy(sorted, ({ label }) => label);
  }, [tried, byPicture]);
}

function Row({
  label,
  used,
  depth,
  onFold,
  isFolded,
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
  return (
    <tr>
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

/** The pictures that a label fits, with its probability for each. */
function Fits({ fitting }: { readonly fitting: Fitting }): ReactNode {
  const words = useWords();
  return (
    <td>
      <ul className="fits">
        {fitting.slice(0, MOST_SHOWN).map(({ picture, share }) => (
          <li key={picture.id} title={picture.name}>
            <img src={picture.url} alt={picture.name} width="32" height="32" loading="lazy" />
            <span className="digits">{percent(share, words.code)}</span>
          </li>
        ))}
        {fitting.length > MOST_SHOWN && (
          <li className="quiet-text">{words.answer.more(fitting.length - MOST_SHOWN)}</li>
        )}
      </ul>
    </td>
  );
}
