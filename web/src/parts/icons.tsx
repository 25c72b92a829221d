import type { ReactNode } from "react";

/** Line icons on a grid of 24; they carry no meaning of their own: a label stands beside them or on the button. */
const PATHS = {
  search: "M11 18a7 7 0 100-14 7 7 0 000 14zM16 16l4.5 4.5",
  similar: "M4 4h7v7H4zM13 13h7v7h-7zM15 4h5v5M4 15v5h5",
  crop: "M6 2v16h16M2 6h16v16",
  image: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M9 9h.01",
  minus: "M5 12h14",
  calendar: "M4 6h16v14H4zM4 10h16M8 3v4M16 3v4",
  folder: "M3 6h6l2 2h10v11H3z",
  tag: "M4 4h8l8 8-8 8-8-8zM8 8h.01",
  size: "M4 10V4h6M20 14v6h-6M4 4l6 6M20 20l-6-6",
  gauge: "M4 18a8 8 0 1116 0M12 18l4-6",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  map: "M4 6l5-2 6 2 5-2v14l-5 2-6-2-5 2zM9 4v14M15 6v14",
  shapes: "M12 3l8 4.5v9L12 21l-8-4.5v-9zM4 7.5l8 4.5 8-4.5M12 12v9",
  collection: "M7 4h10v16l-5-4-5 4z",
  duplicates: "M8 8h12v12H8zM4 16V4h12",
  products: "M5 8h14l1 12H4zM9 8V6a3 3 0 016 0v2",
  lasso: "M12 15c-5 0-8-2.5-8-5.5S8 4 12 4s8 2.5 8 5.5-3 5.5-8 5.5zM8 14c0 3-1 4-3 6",
  forward: "M9 6l6 6-6 6",
  external: "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6",
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
