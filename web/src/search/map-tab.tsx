import { memo, type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Plot } from "../../../src/search/assets/browser/plot.js";
import { clusterColour } from "../../../src/search/assets/browser/points.js";
import type { PictureMap, StoredPicture } from "../api";
import { percent, whole } from "../format";
import { Button, Empty, IconButton, Notice } from "../parts/basics";
import { spoken } from "../said";
import { useServer } from "../server";
import { useWords } from "../words";
import { MapPlot, type Pointed } from "./map-plot";
import { Picture } from "./picture";
import { plotted } from "./plotted";
import { useMap } from "./use-map";

/** Pictures of a selection that are shown: what a filter of the server takes. */
export const MOST_SELECTED = 10_000;
/** A point that the pointer only passes is not asked about. */
const REST_MS = 90;

interface MapTabProps {
  readonly db: string;
  readonly onShow: (ids: readonly string[]) => void;
  readonly onOpen: (picture: StoredPicture) => void;
}

/** All pictures of a database on a plane: what is alike lies together. */
export default function MapTab(props: MapTabProps): ReactNode {
  const words = useWords();
  const m = words.search.map;
  const { map, done, error } = useMap(props.db);
  return (
    <section className="panel wide map-panel" aria-label={m.title}>
      {error && <Notice kind="error">{spoken(error, words)}</Notice>}
      {!map && !error && (
        <div className="map-waiting" role="status">
          <Empty icon="map" title={m.making}>
            <span className="working">
              <progress value={done ?? 0} max={1} aria-label={m.making} />
              <span className="quiet-text digits">{percent(done ?? 0, words.code)}</span>
            </span>
          </Empty>
        </div>
      )}
      {map && map.points.id.length === 0 && <Empty icon="map" title={m.tooSmall} />}
      {map && map.points.id.length > 0 && <Drawn {...props} map={map} />}
    </section>
  );
}

/** The picture of a point, once the pointer rests on it. */
function usePointed(db: string, id: string | undefined): StoredPicture | undefined {
  const { api, noticed } = useServer();
  const [picture, setPicture] = useState<StoredPicture>();
  useEffect(() => {
    if (id === undefined) return;
    const stop = new AbortController();
    const ask = (): void =>
      void api.databases
        .picture(db, id, { signal: stop.signal })
        .then(setPicture)
        .catch((thrown: unknown) => !stop.signal.aborted && noticed(thrown));
    const timer = setTimeout(ask, REST_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [api, db, id, noticed]);
  return picture?.id === id ? picture : undefined;
}

function Drawn({ db, map, onShow, onOpen }: MapTabProps & { readonly map: PictureMap }): ReactNode {
  const words = useWords();
  const m = words.search.map;
  const plot = useRef<Plot>(undefined);
  const data = useMemo(() => plotted(map), [map]);
  const [pointed, setPointed] = useState<Pointed>({ index: -1, x: 0, y: 0, isRight: false });
  const [chosen, setChosen] = useState<readonly number[]>([]);
  const [lasso, setLasso] = useState(false);
  const [only, setOnly] = useState(-1);
  const { points, clusters, rows, sampled } = map;
  const id = points.id[pointed.index];
  const picture = usePointed(db, id);
  const isolate = useCallback((c: number): void => {
    setOnly(c);
    plot.current?.only(c);
  }, []);
  const open = useCallback((): void => {
    if (picture) onOpen(picture);
  }, [picture, onOpen]);
  const ids = chosen.slice(0, MOST_SELECTED).map((i) => points.id[i]!);
  return (
    <div className="map-drawn">
      <div className="map-stage">
        <MapPlot
          data={data}
          plot={plot}
          onPoint={setPointed}
          onSelect={setChosen}
          onLasso={setLasso}
          onOpen={open}
        />
        <div className="map-tools">
          <Button icon="lasso" aria-pressed={lasso} onClick={() => plot.current?.setLasso(!lasso)}>
            {m.lasso}
          </Button>
          <IconButton icon="plus" label={m.zoomIn} onClick={() => plot.current?.zoom(1.4)} />
          <IconButton icon="minus" label={m.zoomOut} onClick={() => plot.current?.zoom(1 / 1.4)} />
          <IconButton
            icon="size"
            label={m.whole}
            onClick={() => {
              isolate(-1);
              plot.current?.reset();
            }}
          />
        </div>
        <p className="map-hint">
          <span className="for-pointer">{m.hint}</span>
          <span className="for-touch">{m.hintTouch}</span>
        </p>
        {picture && (
          <figure
            className={`map-card ${pointed.isRight ? "before" : ""}`}
            style={{ left: pointed.x, top: pointed.y }}
          >
            <Picture address={picture.thumbnail} />
            <figcaption dir="auto">{picture.name}</figcaption>
            <span className="quiet-text" dir="auto">
              {clusters[points.cluster[pointed.index]!]?.name}
            </span>
          </figure>
        )}
      </div>
      <div className="map-side">
        <p className="quiet-text digits" role="status">
          {chosen.length > 0 ? m.chosen(chosen.length) : m.points(points.id.length, clusters.length)}
          {chosen.length === 0 && sampled && <> · {m.sampled(points.id.length, rows)}</>}
          {chosen.length > MOST_SELECTED && <> · {m.selected(chosen.length, MOST_SELECTED)}</>}
        </p>
        <div className="row map-selection">
          <Button kind="main" icon="image" disabled={chosen.length === 0} onClick={() => onShow(ids)}>
            {m.show}
          </Button>
          <Button disabled={chosen.length === 0} onClick={() => plot.current?.select([])}>
            {words.search.selection.clear}
          </Button>
        </div>
        <h3>{m.clusters}</h3>
        <Clusters clusters={clusters} only={only} onOnly={isolate} />
      </div>
    </div>
  );
}

/** The clusters by name, one of which can be shown alone. Drawn anew only where they change: the pointer moves beside them. */
const Clusters = memo(function Clusters({
  clusters,
  only,
  onOnly,
}: {
  readonly clusters: PictureMap["clusters"];
  /** −1: all are shown. */
  readonly only: number;
  readonly onOnly: (c: number) => void;
}): ReactNode {
  const words = useWords();
  return (
    <ul className="clusters" aria-label={words.search.map.clusters}>
      {clusters.map(({ name, count }, c) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a cluster is its position.
        <li key={c}>
          <button type="button" aria-pressed={only === c} onClick={() => onOnly(only === c ? -1 : c)}>
            <i style={{ background: clusterColour(c) }} />
            <span dir="auto">{name}</span>
            <span className="quiet-text digits">{whole(count, words.code)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
});
