import { memo, type ReactNode, type RefObject, useEffect, useRef } from "react";
import { createPlot, type Plot, type PlotData } from "../../../src/search/assets/browser/plot.js";
import { useWords } from "../words";

export interface Pointed {
  /** −1: none. */
  readonly index: number;
  readonly x: number;
  readonly y: number;
  /** In the right half of the plot. */
  readonly isRight: boolean;
}

/** The two canvases that a plot is drawn on; `plot` is how others move it. */
export const MapPlot = memo(function MapPlot({
  data,
  plot,
  onPoint,
  onSelect,
  onLasso,
  onOpen,
}: {
  readonly data: PlotData;
  readonly plot: RefObject<Plot | undefined>;
  readonly onPoint: (pointed: Pointed) => void;
  readonly onSelect: (indices: readonly number[]) => void;
  readonly onLasso: (on: boolean) => void;
  /** A press on the canvas that was no drag. */
  readonly onOpen: () => void;
}): ReactNode {
  const words = useWords();
  const points = useRef<HTMLCanvasElement>(null);
  const over = useRef<HTMLCanvasElement>(null);
  const told = useRef({ onPoint, onSelect, onLasso });
  told.current = { onPoint, onSelect, onLasso };
  useEffect(() => {
    const made = createPlot({
      points: points.current!,
      over: over.current!,
      data,
      colours: () => {
        const style = getComputedStyle(points.current!);
        return { paper: style.backgroundColor, ink: style.color, mark: style.outlineColor };
      },
      onHover: (index, x, y) =>
        told.current.onPoint({ index, x, y, isRight: x > points.current!.clientWidth / 2 }),
      onSelect: (indices) => told.current.onSelect(indices),
      onLasso: (on) => told.current.onLasso(on),
    });
    plot.current = made;
    const themes = new MutationObserver(() => made.draw());
    themes.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    const system = matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", made.draw);
    return () => {
      themes.disconnect();
      system.removeEventListener("change", made.draw);
      made.destroy();
      plot.current = undefined;
    };
  }, [data, plot]);
  const began = useRef<readonly [number, number]>(undefined);
  return (
    <>
      {/* biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: an application is interactive: its keys are its own. */}
      <canvas
        ref={points}
        className="map-points"
        tabIndex={0}
        role="application"
        aria-label={words.search.map.canvas}
        onPointerDown={({ clientX, clientY }) => {
          began.current = [clientX, clientY];
        }}
        onPointerUp={({ clientX, clientY, shiftKey }) => {
          const [x, y] = began.current ?? [Number.NaN, 0];
          if (!shiftKey && Math.hypot(clientX - x, clientY - y) < 4) onOpen();
        }}
      />
      {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing that has a focus. */}
      <canvas ref={over} className="map-over" aria-hidden="true" />
    </>
  );
});
