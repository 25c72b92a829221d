import { defineConfig } from "vitest/config";
import slow from "./vitest.slow.config.js";

// WebGPU in Chromium, on a processor that plays a GPU: minutes for small towers.
export default defineConfig({
  test: { ...slow.test, include: ["test/browser/webgpu.slow.test.ts"], exclude: ["node_modules/**"] },
});
