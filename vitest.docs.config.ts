import { defineConfig } from "vitest/config";

// `all`: every block of every page, also those that measure the machine, in order, in one scratch folder; `pages`: without those.
export default defineConfig({
  test: {
    include: ["test/docs/*.test.ts"],
    globalSetup: ["test/support/build.ts"],
    pool: "forks",
    maxWorkers: 1,
    testTimeout: 180_000,
    hookTimeout: 120_000,
    reporters: ["default", "./test/support/count-reporter.ts"],
  },
});
