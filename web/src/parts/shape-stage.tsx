import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import type { ShapeOutline } from "../api";
import type { ShapeScene } from "../shape-scene";
import { useWords } from "../words";
import { IconButton, Notice } from "./basics";

/** A press of an arrow, radians; and of plus or minus, times. */
const STEP = Math.PI / 18;
const NEARER = 0.87;

/** The shape, to be turned with the pointer, fingers and keys. */
export function ShapeStage({ outline }: { readonly outline: ShapeOutline }): ReactNode {
  const words = useWords().shapes;
  const host = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const scene = useRef<ShapeScene>(undefined);
  const [state, setState] = useState<"opening" | "open" | "none">("opening");
  useEffect(() => {
    let gone = false;
    const open = async (): Promise<void> => {
      try {
        const { openScene } = await import("../shape-scene");
        if (gone) return;
        scene.current = openScene(canvas.current!, host.current!, outline);
        setState("open");
      } catch {
        // No WebGL, or what draws did not come: the views are there.
        if (!gone) setState("none");
      }
    };
    void open();
    return () => {
      gone = true;
      scene.current?.dispose();
      scene.current = undefined;
    };
  }, [outline]);
  useEffect(() => {
    const recolour = (): void => scene.current?.recolour();
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const themed = new MutationObserver(recolour);
    dark.addEventListener("change", recolour);
    themed.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => {
      dark.removeEventListener("change", recolour);
      themed.disconnect();
    };
  }, []);
  const pressed = (event: KeyboardEvent): void => {
    const act = actionOf(event.key, scene.current);
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  };
  if (state === "none") return <Notice>{words.noPreview}</Notice>;
  return (
    <div ref={host} className="shape-stage" data-state={state}>
      {/* biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: it is turned by keys, which are its own. */}
      <canvas ref={canvas} tabIndex={0} role="application" aria-label={words.preview} onKeyDown={pressed} />
      <div className="shape-tools">
        <IconButton icon="plus" label={words.nearer} onClick={() => scene.current?.move(NEARER)} />
        <IconButton icon="minus" label={words.away} onClick={() => scene.current?.move(1 / NEARER)} />
        <IconButton icon="undo" label={words.reset} onClick={() => scene.current?.reset()} />
      </div>
    </div>
  );
}

/** By key: around and over, in steps. */
const TURNS: Readonly<Record<string, readonly [around: number, over: number]>> = {
  ArrowLeft: [1, 0],
  ArrowRight: [-1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};
const MOVES: Readonly<Record<string, number>> = { "+": NEARER, "=": NEARER, "-": 1 / NEARER };

/** What a key does to a shape; undefined for all others. */
function actionOf(key: string, scene: ShapeScene | undefined): (() => void) | undefined {
  const [turn, move] = [TURNS[key], MOVES[key]];
  if (turn) return () => scene?.turn(STEP * turn[0], STEP * turn[1]);
  if (move !== undefined) return () => scene?.move(move);
  return key === "Home" ? () => scene?.reset() : undefined;
}
