import { join } from "node:path";

/** Where vectors of texts (label sets too) and of pictures lie. */
export function cacheFolders(home: string): { readonly text: string; readonly images: string } {
  return { text: join(home, "cache", "text"), images: join(home, "cache", "images") };
}
