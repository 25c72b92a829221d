import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** The page of `zeroclip serve`. `npm run page` serves it while it is worked on, and asks a server on the usual port. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    target: "es2022",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // three.js is one file of 560 kB, which comes with the first shape.
    chunkSizeWarningLimit: 600,
  },
  server: {
    proxy: { "/v1": { target: "http://127.0.0.1:8765", ws: true }, "/readyz": "http://127.0.0.1:8765" },
  },
});
