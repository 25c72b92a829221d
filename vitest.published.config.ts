import { defineConfig } from "vitest/config";

// For a machine with an open network: real checkpoints, published figures. One model at a time.
export default defineConfig({
  test: {
    include: ["test/published/**/*.test.ts"],
    pool: "forks",
    maxWorkers: 1,
    testTimeout: 4 * 3_600_000,
    hookTimeout: 3_600_000,
    reporters: ["default", "./test/support/count-reporter.ts"],
  },
});
