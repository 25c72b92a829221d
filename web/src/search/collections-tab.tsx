import { type ReactNode, useEffect, useState } from "react";
import type { CollectionInfo, Hit } from "../api";
import { moment } from "../format";
import { Empty, IconButton, Notice } from "../parts/basics";
import { spoken } from "../said";
import { useServer } from "../server";
import { useWords } from "../words";
import { Picture } from "./picture";
import { Popover } from "./popover";
import { type ListForm, listOf, picturesOf, saveFile, TYPES } from "./saved";
import type { Collections } from "./use-collections";

const COVERS = 4;

/** All collections of a database, each with its newest pictures. */
export function CollectionsTab({
  db,
  collections,
  onOpen,
}: {
  readonly db: string;
  readonly collections: Collections;
  readonly onOpen: (name: string) => void;
}): ReactNode {
  const words = useWords();
  const c = words.search.collections;
  const { list, error } = collections;
  return (
    <section className="panel wide" aria-label={c.title}>
      <div>
        <h2>{c.title}</h2>
        <p className="hint">{c.hint}</p>
      </div>
      {error && <Notice kind="error">{spoken(error, words)}</Notice>}
      {list?.length === 0 && <Empty icon="collection" title={c.none} />}
      <ul className="cards">
        {list?.map((info) => (
          <Card
            key={info.name}
            db={db}
            info={info}
            onOpen={() => onOpen(info.name)}
            onRemove={() => confirm(c.deleteAsk(info.name)) && void collections.remove(info.name)}
          />
        ))}
        {list === undefined && !error && [0, 1, 2].map((i) => <li key={i} className="card waiting-card" />)}
      </ul>
    </section>
  );
}

function Card({
  db,
  info,
  onOpen,
  onRemove,
}: {
  readonly db: string;
  readonly info: CollectionInfo;
  readonly onOpen: () => void;
  readonly onRemove: () => void;
}): ReactNode {
  const words = useWords();
  const c = words.search.collections;
  const { api, noticed } = useServer();
  const { name, version, count, updated } = info;
  const [covers, setCovers] = useState<readonly Hit[]>([]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another version has other pictures.
  useEffect(() => {
    const stop = new AbortController();
    api
      .search({ db, filter: { collection: name }, top: COVERS }, { signal: stop.signal })
      .then(({ hits }) => setCovers(hits))
      .catch((thrown: unknown) => !stop.signal.aborted && noticed(thrown));
    return () => stop.abort();
  }, [api, db, name, version, noticed]);
  const save = async (form: ListForm): Promise<void> => {
    try {
      saveFile(`${name}.${form}`, listOf(await picturesOf(api, db, { collection: name }), form), TYPES[form]);
    } catch (thrown) {
      noticed(thrown);
    }
  };
  return (
    <li className="card">
      <button type="button" className="card-open" aria-label={c.open(name)} onClick={onOpen}>
        <span className={`covers of-${Math.min(covers.length, COVERS)}`}>
          {covers.map(({ id, thumbnail }) => (
            <Picture key={id} address={thumbnail} />
          ))}
        </span>
        <strong dir="auto">{name}</strong>
        <span className="quiet-text digits">
          {words.search.all(count)} · {c.updated(moment(updated, words.code))}
        </span>
      </button>
      <div className="card-tools">
        <Popover icon="download" title={c.export}>
          <ul className="choices">
            {(["txt", "csv", "json"] as const).map((form) => (
              <li key={form}>
                <button type="button" aria-pressed={false} onClick={() => void save(form)}>
                  {c.exportAs[form]}
                </button>
              </li>
            ))}
          </ul>
        </Popover>
        <IconButton icon="trash" label={c.delete(name)} onClick={onRemove} />
      </div>
    </li>
  );
}
