import { join } from "node:path";
import { defineConfig } from "vite";

const ROOT = join(import.meta.dirname, "../..");

/** The worker of `zeroclip/browser` as a file that any server can send: with all that it needs but ONNX Runtime. */
export default defineConfig({
  root: ROOT,
  publicDir: false,
  build: {
    target: "es2022",
    emptyOutDir: true,
    modulePreload: false,
    rolldownOptions: {
      input: join(ROOT, "src/browser/worker.ts"),
      preserveEntrySignatures: false,
      output: { entryFileNames: "worker.js", chunkFileNames: "parts/[name]-[hash].js" },
    },
  },
});
