/** Parts of the search, in the order of their tabs. */
export const TABS = ["pictures", "map", "collections", "duplicates", "products"] as const;
export type Tab = (typeof TABS)[number];
