import { type ReactNode, useMemo } from "react";
import type { Database, Hit } from "../api";
import { percent } from "../format";
import { Button, Field, IconButton, Select } from "../parts/basics";
import { useWords } from "../words";
import { DateFilter } from "./date-filter";
import { LabelFilter } from "./label-filter";
import { Popover } from "./popover";
import { hasFilter, looksForSomething, NOTHING, type Query, withFilter } from "./query";
import type { QueryState } from "./use-query";

/** Least sides that are offered, pixels. */
const SIZES = [200, 400, 800, 1200, 2000] as const;
const MOST_FOLDERS = 50;

/** Folders of what was found, those of most pictures first. */
function foldersOf(hits: readonly Hit[]): string[] {
  const counts = new Map<string, number>();
  for (const { path } of hits) {
    const parts = path.split("/").slice(0, -1);
    for (let n = 1; n <= parts.length; n++) {
      const folder = parts.slice(0, n).join("/");
      counts.set(folder, (counts.get(folder) ?? 0) + 1);
    }
  }
  const sorted = [...counts].sort(([, a], [, b]) => b - a).map(([folder]) => folder);
  return sorted.slice(0, MOST_FOLDERS);
}

export function Filters({
  state,
  database,
  hits,
}: {
  readonly state: QueryState;
  readonly database: Database;
  readonly hits: readonly Hit[];
}): ReactNode {
  const words = useWords();
  const { query, set, type } = state;
  const { filter } = query;
  const f = words.search.filters;
  const { folder, minSize, collection, ids } = filter;
  const isRanked = looksForSomething(query);
  const isDefault =
    !hasFilter(query) && query.minRelevance === undefined && !query.all && query.diverse === undefined;
  return (
    // biome-ignore lint/a11y/useSemanticElements: filters act at once; they are no form's.
    <div className="filters" role="group" aria-label={f.title}>
      <DateFilter state={state} database={database} />
      <Popover icon="folder" title={f.folder} value={folder}>
        <FolderField
          query={query}
          hits={hits}
          onChange={(value) => type(withFilter(query, { folder: value }))}
        />
      </Popover>
      <LabelFilter state={state} database={database} />
      <Popover icon="size" title={f.size} value={minSize === undefined ? undefined : `≥ ${minSize} px`}>
        <Select
          label={f.size}
          value={String(minSize ?? "")}
          options={[["", f.sizeAny], ...SIZES.map((size) => [String(size), f.sizeLeast(size)] as const)]}
          onChange={(size) => set(withFilter(query, { minSize: size === "" ? undefined : Number(size) }))}
        />
      </Popover>
      {isRanked && <RelevanceFilter state={state} />}
      <More state={state} isRanked={isRanked} />
      {collection !== undefined && (
        <Only
          words={f.collection(collection)}
          onRemove={() => set(withFilter(query, { collection: undefined }))}
        />
      )}
      {ids !== undefined && (
        <Only words={f.selection(ids.length)} onRemove={() => set(withFilter(query, { ids: undefined }))} />
      )}
      {!isDefault && (
        <Button
          kind="quiet"
          onClick={() =>
            set({
              ...NOTHING,
              text: query.text,
              terms: query.terms,
              picture: query.picture,
              crop: query.crop,
            })
          }
        >
          {f.clear}
        </Button>
      )}
    </div>
  );
}

/** A filter that was set elsewhere. */
function Only({ words, onRemove }: { readonly words: string; readonly onRemove: () => void }): ReactNode {
  const { search } = useWords();
  return (
    <span className="pill on">
      <span dir="auto">{words}</span>
      <IconButton icon="close" size={13} label={search.filters.all(words)} onClick={onRemove} />
    </span>
  );
}

function FolderField({
  query,
  hits,
  onChange,
}: {
  readonly query: Query;
  readonly hits: readonly Hit[];
  readonly onChange: (folder: string) => void;
}): ReactNode {
  const words = useWords();
  const folders = useMemo(() => foldersOf(hits), [hits]);
  return (
    <Field label={words.search.filters.folder} hint={words.search.filters.folderHint}>
      {(id) => (
        <>
          <input
            id={id}
            list={`${id}-list`}
            value={query.filter.folder ?? ""}
            maxLength={1000}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => onChange(event.target.value)}
          />
          <datalist id={`${id}-list`}>
            {folders.map((folder) => (
              <option key={folder} value={folder} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}

function RelevanceFilter({ state: { query, set, type } }: { readonly state: QueryState }): ReactNode {
  const words = useWords();
  const f = words.search.filters;
  const { minRelevance, all } = query;
  const share = (value: number): string => percent(value, words.code);
  const value = all ? f.relevanceAll : minRelevance === undefined ? undefined : `≥ ${share(minRelevance)}`;
  return (
    <Popover icon="gauge" title={f.relevance} value={value}>
      <Field label={f.relevanceLeast} hint={f.relevanceHint}>
        {(id) => (
          <div className="range">
            <input
              id={id}
              type="range"
              min={0}
              max={0.9}
              step={0.01}
              disabled={all}
              value={minRelevance ?? 0}
              onChange={(event) => {
                const chosen = Number(event.target.value);
                type({ ...query, minRelevance: chosen === 0 ? undefined : chosen });
              }}
            />
            <output className="digits">
              {minRelevance === undefined ? f.relevanceDefault : share(minRelevance)}
            </output>
          </div>
        )}
      </Field>
      <label className="check">
        <input
          type="checkbox"
          checked={all}
          onChange={(event) => set({ ...query, all: event.target.checked })}
        />
        {f.relevanceAll}
      </label>
    </Popover>
  );
}

/** What is seldom needed: kind, camera, variety. */
function More({
  state: { query, set, type },
  isRanked,
}: {
  readonly state: QueryState;
  readonly isRanked: boolean;
}): ReactNode {
  const words = useWords();
  const f = words.search.filters;
  const { frame, camera } = query.filter;
  const chosen = [
    ...(frame === undefined ? [] : [frame ? f.kindFrames : f.kindPictures]),
    ...(camera === undefined ? [] : [camera]),
    ...(query.diverse === undefined ? [] : [f.variety]),
  ];
  const { diverse } = query;
  return (
    <Popover icon="more" title={f.more} value={chosen.length === 0 ? undefined : chosen.join(", ")} end>
      <Select
        label={f.kind}
        value={frame === undefined ? "" : String(frame)}
        options={[
          ["", f.kindAny],
          ["false", f.kindPictures],
          ["true", f.kindFrames],
        ]}
        onChange={(kind) => set(withFilter(query, { frame: kind === "" ? undefined : kind === "true" }))}
      />
      <Field label={f.camera}>
        {(id) => (
          <input
            id={id}
            value={camera ?? ""}
            maxLength={200}
            autoComplete="off"
            onChange={(event) => type(withFilter(query, { camera: event.target.value }))}
          />
        )}
      </Field>
      {isRanked && (
        <Field label={f.variety} hint={f.varietyHint}>
          {(id) => (
            <div className="range">
              <input
                id={id}
                type="range"
                min={0}
                max={0.9}
                step={0.1}
                value={diverse === undefined ? 0 : Math.round((1 - diverse) * 10) / 10}
                onChange={(event) => {
                  const variety = Number(event.target.value);
                  type({
                    ...query,
                    diverse: variety === 0 ? undefined : Math.round((1 - variety) * 10) / 10,
                  });
                }}
              />
              <output className="digits">
                {diverse === undefined ? f.varietyOff : percent(1 - diverse, words.code)}
              </output>
            </div>
          )}
        </Field>
      )}
    </Popover>
  );
}
