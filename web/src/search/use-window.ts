import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import { type Row, rowAt } from "./rows";

/** Rows beyond the screen's edges that are drawn as well, in shares of its height. */
const BEYOND = 0.75;

/** Width of an element, as it is now and while it changes; 0 before it is measured. */
export function useWidth(element: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const held = element.current;
    if (!held) return;
    const measure = (): void => setWidth(held.clientWidth);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(held);
    return () => observer.disconnect();
  }, [element]);
  return width;
}

/** The rows of an element that are on the screen or nearly so: first and one after the last. Only they are drawn. */
export function useVisibleRows(
  element: RefObject<HTMLElement | null>,
  rows: readonly Row[],
): readonly [first: number, end: number] {
  const [range, setRange] = useState<readonly [number, number]>([0, 0]);
  const drawn = useRef(range);
  const look = useCallback((): void => {
    const held = element.current;
    if (!held) return;
    const above = -held.getBoundingClientRect().top;
    const reach = innerHeight * BEYOND;
    const first = rowAt(rows, above - reach);
    const end = Math.min(rows.length, rowAt(rows, above + innerHeight + reach) + 1);
    if (drawn.current[0] === first && drawn.current[1] === end) return;
    drawn.current = [first, end];
    setRange([first, end]);
  }, [element, rows]);
  useLayoutEffect(look, [look]);
  useEffect(() => {
    let frame = 0;
    const scrolled = (): void => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(look);
    };
    addEventListener("scroll", scrolled, { passive: true });
    addEventListener("resize", scrolled);
    return () => {
      cancelAnimationFrame(frame);
      removeEventListener("scroll", scrolled);
      removeEventListener("resize", scrolled);
    };
  }, [look]);
  return range;
}
