import { defineConfig } from "vitest/config";

// Native addons (sharp, ONNX Runtime) want processes, not threads; two, for machines with two cores.
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/full-size/**", "test/published/**", "test/docs/all.test.ts", "node_modules/**"],
    globalSetup: ["test/support/build.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: ["default", "./test/support/count-reporter.ts"],
  },
});
