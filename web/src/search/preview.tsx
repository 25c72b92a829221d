import { type KeyboardEvent, type ReactNode, useEffect, useState } from "react";
import type { Hit, StoredPicture } from "../api";
import { Button, Dialog, IconButton } from "../parts/basics";
import { Icon } from "../parts/icons";
import { useServer } from "../server";
import { useWords } from "../words";
import { Facts } from "./facts";
import { Picture } from "./picture";

const SIMILAR_SHOWN = 12;

export interface PreviewProps {
  readonly db: string;
  readonly hit: Hit;
  /** Undefined: there is none on that side. */
  readonly onStep: ((by: 1 | -1) => void) | undefined;
  readonly onOpen: (hit: Hit) => void;
  readonly onSimilar: (hit: Hit) => void;
  readonly onSign: (hit: Hit, sign: 1 | -1) => void;
  readonly onCollect: (hit: Hit) => void;
  readonly onLabel: (label: string) => void;
  readonly onClose: () => void;
}

/** All that is known of a picture; undefined until it came. */
function useKnown(db: string, id: string): { known: StoredPicture | undefined; similar: readonly Hit[] } {
  const { api, epoch, noticed } = useServer();
  const [known, setKnown] = useState<StoredPicture>();
  const [similar, setSimilar] = useState<readonly Hit[]>([]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a server that is back is asked anew.
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    const failed = (error: unknown): void => {
      if (!signal.aborted) noticed(error);
    };
    api.databases.picture(db, id, { signal }).then((found) => !signal.aborted && setKnown(found), failed);
    api
      .search({ db, like: id, all: true, top: SIMILAR_SHOWN }, { signal })
      .then(({ hits }) => !signal.aborted && setSimilar(hits), failed);
    return () => {
      stop.abort();
      setKnown(undefined);
      setSimilar([]);
    };
  }, [api, db, id, epoch, noticed]);
  return { known, similar };
}

/** One picture, large, with what is known of it and what resembles it. */
export function Preview(props: PreviewProps): ReactNode {
  const { db, hit, onStep, onOpen, onSimilar, onSign, onCollect, onLabel, onClose } = props;
  const words = useWords();
  const p = words.search.preview;
  const { known, similar } = useKnown(db, hit.id);
  const pressed = (event: KeyboardEvent): void => {
    const by = { ArrowRight: 1 as const, ArrowLeft: -1 as const }[event.key];
    if (by === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    onStep?.(by);
  };
  return (
    <Dialog title={hit.name} className="preview-dialog" onClose={onClose} onKeyDown={pressed}>
      <div className="preview-body">
        <Large key={hit.id} hit={hit} onStep={onStep} />
        <div className="preview-side">
          <div className="preview-acts">
            <Button kind="main" icon="similar" onClick={() => onSimilar(hit)}>
              {p.similar}
            </Button>
            <Button icon="plus" onClick={() => onSign(hit, 1)}>
              {p.more}
            </Button>
            <Button icon="minus" onClick={() => onSign(hit, -1)}>
              {p.less}
            </Button>
            <Button icon="collection" onClick={() => onCollect(hit)}>
              {p.collect}
            </Button>
            <a className="button" href={hit.picture} target="_blank" rel="noreferrer">
              <Icon name="external" />
              {p.original}
            </a>
          </div>
          {hit.caption !== undefined && <p dir="auto">{hit.caption}</p>}
          {hit.labels.length > 0 && (
            <ul className="tags" aria-label={p.tags}>
              {hit.labels.map((label) => (
                <li key={label}>
                  <button type="button" className="toggle" dir="auto" onClick={() => onLabel(label)}>
                    {label}
                  </button>
                </li>
              ))}
            </ul>
          )}
          <section aria-label={p.similar}>
            <h3>{p.similar}</h3>
            <ul className="strip">
              {Array.from({ length: SIMILAR_SHOWN }, (_, i) => {
                const one = similar[i];
                return (
                  <li key={one?.id ?? `empty-${i}`}>
                    {one && (
                      <button
                        type="button"
                        aria-label={one.name}
                        title={one.name}
                        onClick={() => onOpen(one)}
                      >
                        <Picture address={one.thumbnail} />
                      </button>
                    )}
                  </li>
                );
              })}
            </ul>
          </section>
          <Facts hit={hit} known={known} />
        </div>
      </div>
    </Dialog>
  );
}

/** The original over its small form, so that nothing moves when it comes. */
function Large({ hit, onStep }: { readonly hit: Hit; readonly onStep: PreviewProps["onStep"] }): ReactNode {
  const words = useWords();
  const [state, setState] = useState<"coming" | "there" | "gone">("coming");
  return (
    <div className="preview-picture">
      <div className="preview-frame" style={{ aspectRatio: `${hit.width || 1} / ${hit.height || 1}` }}>
        <img className="small" src={hit.thumbnail} alt={hit.name} />
        {state !== "gone" && (
          <img
            className={`large ${state}`}
            src={hit.picture}
            alt=""
            decoding="async"
            onLoad={() => setState("there")}
            onError={() => setState("gone")}
          />
        )}
      </div>
      {state === "gone" && <p className="preview-gone hint">{words.search.preview.gone}</p>}
      {onStep && (
        <>
          <IconButton
            icon="back"
            size={24}
            label={words.search.preview.previous}
            onClick={() => onStep(-1)}
          />
          <IconButton icon="forward" size={24} label={words.search.preview.next} onClick={() => onStep(1)} />
        </>
      )}
    </div>
  );
}
