import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useState,
  useSyncExternalStore,
} from "react";
import { ClipError, clearModels, type KeptModel, storedModels } from "../../../src/browser/index";
import { bytes, whole } from "../format";
import { Button, Notice } from "../parts/basics";
import { type Said, sayingOf, spoken } from "../said";
import { useWords } from "../words";
import type { LocalServer } from "./local-server";

/** The model of this page. */
export const LocalContext = createContext<LocalServer>(undefined as unknown as LocalServer);

/** How far the model is, and what is worth knowing of this browser. */
export function LocalNote(): ReactNode {
  const server = useContext(LocalContext);
  const words = useWords();
  const { local } = words;
  const { progress, clip, error, warnings } = useSyncExternalStore(server.subscribe, server.state);
  const isKept = useSyncExternalStore(onKept, kept);
  if (error)
    return (
      <Notice kind="error">
        <p>{error.message}</p>
        <Button onClick={() => void server.open().catch(() => undefined)}>{local.again}</Button>
      </Notice>
    );
  if (!clip) {
    const share = progress?.total ? progress.done / progress.total : undefined;
    return (
      <Notice>
        <p>{progress?.stage === "open" ? local.opening : local.downloading(progress?.file ?? "")}</p>
        <progress value={share} max={1} aria-label={local.downloading("")} />
      </Notice>
    );
  }
  const isSlow = warnings.some(({ code }) => code === "runtime.threads");
  return isSlow ? <p className="hint local-note">{isKept ? local.oneThreadYet : local.oneThread}</p> : null;
}

/** Hears of the service worker, which gives the page its headers from the next loading on. */
function onKept(listener: () => void): () => void {
  const { serviceWorker } = navigator;
  serviceWorker?.addEventListener("controllerchange", listener);
  return () => serviceWorker?.removeEventListener("controllerchange", listener);
}

const kept = (): boolean => Boolean(navigator.serviceWorker?.controller);

/** What this browser keeps, with its size, and a way to clear it. */
export function LocalSettings(): ReactNode {
  const server = useContext(LocalContext);
  const words = useWords();
  const { local } = words;
  const { clip } = useSyncExternalStore(server.subscribe, server.state);
  const [models, setModels] = useState<readonly KeptModel[]>([]);
  const [pictures, setPictures] = useState({ rows: 0, bytes: 0 });
  const [error, setError] = useState<Said>();
  const look = useCallback(async () => {
    setModels(await storedModels());
    const library = clip && server.ready?.library;
    if (library) setPictures({ rows: await library.store.count(), bytes: await library.bytes() });
  }, [clip, server]);
  useEffect(() => void look(), [look]);
  const clearPictures = async (): Promise<void> => {
    setError(undefined);
    try {
      await server.ready?.library.clear();
    } catch (thrown) {
      setError(thrown instanceof ClipError ? thrown : sayingOf(thrown));
    }
    await look();
  };
  return (
    <>
      <section className="panel">
        <h2>{words.settings.models}</h2>
        {clip && (
          <table className="facts">
            <tbody>
              <tr>
                <th scope="row">{clip.model.name}</th>
                <td className="number">{local.runs(clip.model.device, clip.threads)}</td>
              </tr>
            </tbody>
          </table>
        )}
        {models.length > 0 && (
          <>
            <p className="hint">{local.kept}</p>
            <table className="facts kept-models">
              <tbody>
                {models.map(({ model, bytes: size }) => (
                  <tr key={model}>
                    <th scope="row">{model.replace(/\/$/, "").split("/").at(-1)}</th>
                    <td className="number">{bytes(size, words.code)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </>
        )}
        <Button icon="trash" disabled={models.length === 0} onClick={() => void clearModels().then(look)}>
          {local.clearModels}
        </Button>
      </section>
      <section className="panel">
        <h2>{words.pictures.title}</h2>
        <p className="hint">{local.private}</p>
        <p className="kept-pictures">
          {words.pictures.count(pictures.rows)} · {bytes(pictures.bytes, words.code)}{" "}
          {pictures.rows > 0 && <span className="hidden">{whole(pictures.rows, words.code)}</span>}
        </p>
        <Button icon="trash" disabled={pictures.rows === 0} onClick={() => void clearPictures()}>
          {local.clearPictures}
        </Button>
        {error && <Notice kind="error">{spoken(error, words)}</Notice>}
      </section>
    </>
  );
}
