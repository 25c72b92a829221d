import { type ReactNode, useEffect, useRef, useState } from "react";
import type { ClassifyOptions } from "../api";
import type { Answer } from "../classify";
import { type OcclusionMap, occlusionMap } from "../occlusion";
import type { PagePicture } from "../pictures";
import { useServer } from "../server";
import { useWords } from "../words";
import { Button, Empty } from "./basics";

/** Of 255: what counts for nothing can still be made out. */
const MOST_DIM = 200;

/** Dims each part of the square in the middle, which the model sees, the less it counts. */
function Heat({ map }: { readonly map: OcclusionMap }): ReactNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    const image = context.createImageData(map.cells, map.cells);
    for (const [i, drop] of map.drops.entries())
      image.data.set([6, 14, 22, Math.round((1 - Math.sqrt(drop)) * MOST_DIM)], i * 4);
    context.putImageData(image, 0, 0);
  }, [map]);
  return <canvas ref={canvas} className="heat" width={map.cells} height={map.cells} />;
}

/** The chosen picture, large, and on request which part of it drives the answer. */
export function PictureStage({
  picture,
  answer,
  asked,
}: {
  readonly picture: PagePicture;
  readonly answer: Answer | undefined;
  readonly asked: ClassifyOptions | undefined;
}): ReactNode {
  const words = useWords();
  const { api, noticed } = useServer();
  const [map, setMap] = useState<OcclusionMap>();
  const [busy, setBusy] = useState(false);
  const [size, setSize] = useState({ width: 1, height: 1 });
  const [unseen, setUnseen] = useState<string>();
  const best = answer?.predictions[0]?.label;
  const stop = useRef<AbortController>(undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another picture or label makes the map one of the past.
  useEffect(() => {
    setMap(undefined);
    return () => stop.current?.abort();
  }, [picture.id, best]);
  const ask = async (): Promise<void> => {
    if (asked === undefined || best === undefined) return;
    stop.current = new AbortController();
    setBusy(true);
    try {
      setMap(await occlusionMap(api, picture.file, best, asked, stop.current.signal));
    } catch (error) {
      noticed(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <figure className="stage">
      <div className="stage-picture">
        <div
          className={`framed ${size.width > size.height ? "wide" : ""}`}
          style={
            unseen === picture.id
              ? {}
              : {
                  aspectRatio: size.width / size.height,
                  width: `min(100%, var(--stage) * ${size.width / size.height})`,
                }
          }
        >
          <img
            src={picture.url}
            alt={picture.name}
            hidden={unseen === picture.id}
            onError={() => setUnseen(picture.id)}
            onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) =>
              setSize({ width: naturalWidth, height: naturalHeight })
            }
          />
          {map && <Heat map={map} />}
          {unseen === picture.id && <Empty icon="warn" title={words.pictures.unseen} />}
        </div>
      </div>
      <figcaption>
        <span className="file-name" dir="auto">
          {picture.name}
        </span>
        {best !== undefined &&
          (map ? (
            <Button kind="quiet" icon="eye" onClick={() => setMap(undefined)}>
              {words.answer.regionsHide}
            </Button>
          ) : (
            <Button kind="quiet" icon="eye" disabled={busy} onClick={() => void ask()}>
              {busy ? words.answer.regionsBusy : words.answer.regions}
            </Button>
          ))}
      </figcaption>
      {map && (
        <div className="heat-key">
          <p className="hint">{words.answer.regionsHint(map.label)}</p>
          <p className="scale">
            <span>{words.answer.regionsScale[0]}</span>
            <span className="ramp" />
            <span>{words.answer.regionsScale[1]}</span>
          </p>
        </div>
      )}
    </figure>
  );
}
