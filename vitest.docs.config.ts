import { defineConfig } from "vitest/config";

// Every block of every page, also those that measure the machine: in order, in one scratch folder.
export default defineConfig({
  test: {
    include: ["test/docs/all.test.ts"],
    globalSetup: ["test/support/build.ts"],
    pool: "forks",
    maxWorkers: 1,
    hookTimeout: 120_000,
    reporters: ["default", "./test/support/count-reporter.ts"],
  },
});
