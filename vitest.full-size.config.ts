import { defineConfig } from "vitest/config";

// One model at a time: the largest takes several GB in the reference.
export default defineConfig({
  test: {
    include: ["test/full-size/**/*.test.ts"],
    pool: "forks",
    maxWorkers: 1,
    testTimeout: 60 * 60 * 1000,
    hookTimeout: 60 * 60 * 1000,
    reporters: ["default", "./test/support/count-reporter.ts"],
  },
});
