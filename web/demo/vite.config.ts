import { readFileSync } from "node:fs";
import { join } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const local = join(import.meta.dirname, "../src/local");
const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8"));

/** The page without a server, for any folder of any file server: addresses are relative. */
export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  publicDir: join(import.meta.dirname, "../public"),
  plugins: [react()],
  define: { ZEROCLIP_VERSION: JSON.stringify(version) },
  resolve: {
    // What shared rooms take of Node, one file each.
    alias: [
      { find: "node:crypto", replacement: join(local, "node-crypto.ts") },
      { find: /^.*\/image\/crop\.js$/, replacement: join(local, "crop.ts") },
    ],
  },
  build: {
    target: "es2022",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
});
