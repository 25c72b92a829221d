import { defineConfig } from "vitest/config";
import quick from "./vitest.config.js";

// What kills processes time and again, measures, or waits for the clock: `*.slow.test.ts`, but for WebGPU, which has a suite of its own.
export default defineConfig({
  test: {
    ...quick.test,
    include: ["test/**/*.slow.test.ts"],
    exclude: ["test/docs/**", "test/browser/webgpu.slow.test.ts", "node_modules/**"],
  },
});
