import { lazy, type ReactNode, Suspense, useCallback, useEffect, useMemo, useState } from "react";
import type { Database, Hit } from "../api";
import { CodeDialog } from "../parts/code-dialog";
import { useDroppedFiles } from "../parts/drop-zone";
import { Icon } from "../parts/icons";
import { isPicture, usePastedFiles } from "../pictures";
import { useServer } from "../server";
import { useWords } from "../words";
import { SearchBar } from "./bar";
import { searchCode } from "./code";
import { CollectDialog } from "./collect-dialog";
import { CollectionsTab } from "./collections-tab";
import { PicturesTab } from "./pictures-tab";
import { Preview } from "./preview";
import type { Photo } from "./products-tab";
import { looksForSomething, NOTHING, requestOf, withFilter, withTerm } from "./query";
import { SelectionBar } from "./selection-bar";
import type { Tab } from "./tab-names";
import { Tabs } from "./tabs";
import { UploadDialog } from "./upload-dialog";
import { useHasProducts } from "./use-catalogues";
import { useCollections } from "./use-collections";
import { PAGE, useHits } from "./use-hits";
import type { QueryState } from "./use-query";
import { useSelection } from "./use-selection";

const MapTab = lazy(() => import("./map-tab"));
const DuplicatesTab = lazy(() => import("./duplicates-tab"));
const ProductsTab = lazy(() => import("./products-tab"));

/** A window over the search. */
type Opened =
  | { readonly kind: "code" }
  | { readonly kind: "upload"; readonly files?: readonly File[] }
  | { readonly kind: "collect"; readonly ids: readonly string[] }
  | { readonly kind: "preview"; readonly hit: Hit; readonly index: number | undefined };

/** Everything that can be done with one database. */
export function DatabaseView({
  database,
  search,
  tab,
  onTab,
  onDatabase,
}: {
  readonly database: Database;
  readonly search: QueryState;
  readonly tab: Tab;
  readonly onTab: (tab: Tab) => void;
  readonly onDatabase: (name: string) => void;
}): ReactNode {
  const words = useWords();
  const { reload } = useServer();
  const { name: db, uploads } = database;
  const { query, set, type } = search;
  const [changed, setChanged] = useState(0);
  const [opened, setOpened] = useState<Opened>();
  const [over, setOver] = useState(false);
  const [photo, setPhoto] = useState<Photo>({ file: undefined, count: 0 });
  const [said, setSaid] = useState<string>();
  const hasProducts = useHasProducts();
  const collections = useCollections(db);
  const selection = useSelection();
  const request = useMemo(() => requestOf(query, db, PAGE), [query, db]);
  const hits = useHits(request, changed);
  /** What is searched for is seen, whatever was seen before. */
  const state = useMemo<QueryState>(
    () => ({
      query,
      set: (next) => {
        set(next);
        onTab("pictures");
      },
      type: (next) => {
        type(next);
        onTab("pictures");
      },
    }),
    [query, set, type, onTab],
  );
  const onChanged = useCallback(() => {
    setChanged((n) => n + 1);
    void reload();
  }, [reload]);
  const take = useCallback(
    (files: Iterable<File>): void => {
      const found = [...files].filter(isPicture);
      if (uploads && found.length > 1) {
        setOpened({ kind: "upload", files: found });
        return;
      }
      const [file] = found;
      setSaid(file === undefined ? words.search.noPicture : undefined);
      if (file === undefined) return;
      setOpened(undefined);
      if (tab === "products") setPhoto(({ count }) => ({ file, count: count + 1 }));
      else state.set({ ...query, picture: { name: file.name, file }, crop: undefined });
    },
    [tab, state, query, words, uploads],
  );
  // A window that asks for something keeps what comes, or lets it pass.
  const isAsking = opened?.kind === "upload" || opened?.kind === "collect";
  const taking = useCallback((files: Iterable<File>) => !isAsking && take(files), [isAsking, take]);
  usePastedFiles(taking);
  useDroppedFiles(taking, setOver);
  // What was chosen among other pictures is no part of these.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another question begins at its first hit.
  useEffect(() => {
    setSaid(undefined);
    if (document.activeElement?.id === "search-field") scrollTo({ top: 0 });
  }, [request]);

  const close = (): void => setOpened(undefined);
  const similar = (hit: Hit): void => {
    close();
    scrollTo({ top: 0 });
    state.set({ ...NOTHING, filter: {}, picture: hit });
  };
  const step = (index: number, by: 1 | -1): void => {
    const hit = hits.list[index + by];
    if (hit) setOpened({ kind: "preview", hit, index: index + by });
    if (index + by > hits.list.length - 10) hits.more();
  };
  const collection = tab === "pictures" ? query.filter.collection : undefined;
  const upload = uploads ? (): void => setOpened({ kind: "upload" }) : undefined;
  return (
    <div className="view search">
      <div className="search-head">
        <SearchBar
          state={state}
          busy={hits.busy && request !== undefined}
          onFiles={take}
          onCode={request && (() => setOpened({ kind: "code" }))}
          onDown={() => document.querySelector<HTMLElement>('.tile-open[tabindex="0"]')?.focus()}
        />
      </div>
      <Tabs
        tab={tab}
        database={database}
        hasProducts={hasProducts}
        onTab={onTab}
        onDatabase={onDatabase}
        onUpload={upload}
      />
      {said !== undefined && (
        <p className="bad" role="alert">
          {said}
        </p>
      )}
      {tab === "pictures" && (
        <PicturesTab
          state={state}
          hits={hits}
          database={database}
          selection={selection}
          isTooMuch={request === undefined && query.text.length > PAGE}
          onOpen={(index) => setOpened({ kind: "preview", hit: hits.list[index]!, index })}
          onSimilar={similar}
          onUpload={upload}
        />
      )}
      <Suspense fallback={<div className="panel wide waiting-group" />}>
        {tab === "map" && (
          <MapTab
            db={db}
            onShow={(ids) => state.set(withFilter(NOTHING, { ids: [...ids] }))}
            onOpen={(hit) => setOpened({ kind: "preview", hit, index: undefined })}
          />
        )}
        {tab === "collections" && (
          <CollectionsTab
            db={db}
            collections={collections}
            onOpen={(name) => state.set(withFilter(NOTHING, { collection: name }))}
          />
        )}
        {tab === "duplicates" && <DuplicatesTab database={database} onChanged={onChanged} />}
        {tab === "products" && <ProductsTab photo={photo} onFiles={take} />}
      </Suspense>
      {tab === "pictures" && (
        <SelectionBar
          selection={selection}
          collection={collection}
          onCollect={() => setOpened({ kind: "collect", ids: [...selection.ids] })}
          onRemove={() =>
            void collections.take(collection!, [...selection.ids]).then(() => {
              hits.without(selection.ids);
              selection.clear();
            })
          }
          onLike={() => {
            state.set({ ...NOTHING, terms: selection.hits.map((row) => ({ sign: 1, row })) });
            selection.clear();
          }}
        />
      )}
      {over && !isAsking && (
        <div className="drop-over">
          <Icon name="image" size={36} />
          <p>{tab === "products" ? words.search.products.recognise : words.search.dropHere}</p>
        </div>
      )}
      {opened?.kind === "preview" && (
        <Preview
          db={db}
          hit={opened.hit}
          onStep={opened.index === undefined ? undefined : (by) => step(opened.index!, by)}
          onOpen={(hit) => setOpened({ kind: "preview", hit, index: undefined })}
          onSimilar={similar}
          onSign={(hit, sign) => {
            close();
            const looks = looksForSomething(query);
            state.set(
              withTerm(sign < 0 && !looks ? { ...query, all: query.all } : query, { sign, row: hit }),
            );
          }}
          onCollect={(hit) => setOpened({ kind: "collect", ids: [hit.id] })}
          onLabel={(label) => {
            close();
            state.set(withFilter(NOTHING, { labels: [label] }));
          }}
          onClose={close}
        />
      )}
      {opened?.kind === "collect" && (
        <CollectDialog
          ids={opened.ids}
          collections={collections}
          onDone={() => {
            close();
            selection.clear();
          }}
          onClose={close}
        />
      )}
      {opened?.kind === "upload" && (
        <UploadDialog db={db} files={opened.files} onAdded={onChanged} onClose={close} />
      )}
      {opened?.kind === "code" && request && (
        <CodeDialog
          codeOf={(...as) => searchCode(request, ...as)}
          hint={words.search.codeHint}
          onClose={close}
        />
      )}
    </div>
  );
}
