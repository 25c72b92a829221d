import type { ReactNode } from "react";

/** Line icons on a grid of 24; they carry no meaning of their own: a label stands beside them or on the button. */
const PATHS = {
  try: "M4 16l4.5-5 3.5 4 3-3.5L20 16M4 5h16v14H4zM9 9h.01",
  live: "M15 10l5-3v10l-5-3zM4 6h11v12H4z",
  sets: "M4 7h10l6 5-6 5H4zM8 12h.01",
  compare: "M8 4v16M16 4v16M4 8h4M4 12h4M16 8h4M16 12h4",
  settings: "M4 7h9M17 7h3M4 17h3M11 17h9M15 5v4M9 15v4",
  upload: "M12 16V5M7 10l5-5 5 5M5 19h14",
  camera: "M4 8h4l2-3h4l2 3h4v11H4zM12 16a3 3 0 100-6 3 3 0 000 6z",
  close: "M6 6l12 12M18 6L6 18",
  copy: "M9 9h10v10H9zM5 15V5h10",
  sun: "M12 4V2M12 22v-2M4 12H2M22 12h-2M6 6L5 5M19 19l-1-1M6 18l-1 1M19 5l-1 1M12 16a4 4 0 100-8 4 4 0 000 8z",
  moon: "M20 14a8 8 0 01-10-10 8 8 0 1010 10z",
  system: "M4 5h16v11H4zM9 20h6M12 16v4",
  globe: "M12 21a9 9 0 100-18 9 9 0 000 18zM3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18",
  code: "M8 8l-4 4 4 4M16 8l4 4-4 4M13 6l-2 12",
  eye: "M3 12c4-7 14-7 18 0-4 7-14 7-18 0zM12 14a2 2 0 100-4 2 2 0 000 4z",
  undo: "M9 7L4 12l5 5M4 12h11a5 5 0 010 10",
  redo: "M15 7l5 5-5 5M20 12H9a5 5 0 000 10",
  plus: "M12 5v14M5 12h14",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  back: "M15 6l-6 6 6 6",
  fold: "M6 9l6 6 6-6",
  unfold: "M9 6l6 6-6 6",
  check: "M5 12l5 5 9-10",
  warn: "M12 4l9 16H3zM12 10v4M12 17h.01",
  clock: "M12 21a9 9 0 100-18 9 9 0 000 18zM12 7v5l3 2",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 18 }: { readonly name: IconName; readonly size?: number }): ReactNode {
  return (
    <svg
      className="icon"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
