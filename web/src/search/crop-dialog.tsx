import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef, useState } from "react";
import { Button, Dialog } from "../parts/basics";
import { useWords } from "../words";
import type { Crop } from "./query";

/** Shares of a side: one press of an arrow, the least frame, and the one that keys begin with. */
const [STEP, LEAST] = [0.02, 0.05];
const FIRST: Crop = [0.25, 0.25, 0.5, 0.5];
const WHOLE: Crop = [0, 0, 1, 1];

const within = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));
const rounded = (crop: Crop): Crop => crop.map((share) => Math.round(share * 1000) / 1000) as unknown as Crop;

/** The frame between two corners. */
function between([ax, ay]: readonly [number, number], [bx, by]: readonly [number, number]): Crop {
  return [Math.min(ax, bx), Math.min(ay, by), Math.abs(ax - bx), Math.abs(ay - by)];
}

/** A frame after an arrow key: moved, or with `resize` larger and smaller. */
function nudged([x, y, width, height]: Crop, key: string, resize: boolean): Crop | undefined {
  const [dx, dy] = {
    ArrowLeft: [-STEP, 0] as const,
    ArrowRight: [STEP, 0] as const,
    ArrowUp: [0, -STEP] as const,
    ArrowDown: [0, STEP] as const,
  }[key] ?? [0, 0];
  if (dx === 0 && dy === 0) return;
  if (resize) return [x, y, within(width + dx, LEAST, 1 - x), within(height + dy, LEAST, 1 - y)];
  return [within(x + dx, 0, 1 - width), within(y + dy, 0, 1 - height), width, height];
}

/** A frame over a picture, drawn with the pointer or moved by keys. */
export function CropDialog({
  address,
  otherwise,
  crop,
  onCrop,
  onClose,
}: {
  readonly address: string;
  /** Where the browser can't show the first one. */
  readonly otherwise: string;
  readonly crop: Crop | undefined;
  readonly onCrop: (crop: Crop | undefined) => void;
  readonly onClose: () => void;
}): ReactNode {
  const words = useWords();
  const [frame, setFrame] = useState<Crop | undefined>(crop);
  const [shown, setShown] = useState(address);
  const corner = useRef<readonly [number, number]>(undefined);
  const placeOf = (event: PointerEvent): readonly [number, number] => {
    const { left, top, width, height } = event.currentTarget.getBoundingClientRect();
    return [within((event.clientX - left) / width, 0, 1), within((event.clientY - top) / height, 0, 1)];
  };
  const pressed = (event: KeyboardEvent): void => {
    const next = nudged(frame ?? FIRST, event.key, event.shiftKey);
    if (next === undefined) return;
    event.preventDefault();
    setFrame(next);
  };
  const [x, y, width, height] = frame ?? WHOLE;
  const isSound = frame !== undefined && width >= LEAST && height >= LEAST;
  return (
    <Dialog title={words.search.cropTitle} onClose={onClose}>
      <p className="hint">{words.search.cropHint}</p>
      <div className="crop-stage">
        {/* biome-ignore lint/a11y/useSemanticElements: no element is a frame over a picture. */}
        <div
          className="crop-picture"
          role="group"
          aria-label={words.search.cropFrame}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: the frame is moved by keys.
          tabIndex={0}
          onKeyDown={pressed}
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId);
            corner.current = placeOf(event);
          }}
          onPointerMove={(event) => corner.current && setFrame(between(corner.current, placeOf(event)))}
          onPointerUp={() => {
            corner.current = undefined;
          }}
        >
          <img src={shown} alt="" draggable={false} onError={() => setShown(otherwise)} />
          {frame && (
            <span
              className="crop-frame"
              style={{
                left: `${x * 100}%`,
                top: `${y * 100}%`,
                width: `${width * 100}%`,
                height: `${height * 100}%`,
              }}
            />
          )}
        </div>
      </div>
      <div className="row end">
        <Button onClick={() => onCrop(undefined)}>{words.search.cropWhole}</Button>
        <Button kind="main" icon="crop" disabled={!isSound} onClick={() => onCrop(rounded(frame ?? WHOLE))}>
          {words.search.cropUse}
        </Button>
      </div>
    </Dialog>
  );
}
