import { defineConfig } from "vitest/config";

// Every store on the whole conformance suite, Milvus as a server of its own.
export default defineConfig({
  test: {
    include: ["test/stores/**/*.test.ts", "test/search/**/*.test.ts"],
    globalSetup: ["test/support/build.ts"],
    pool: "forks",
    maxWorkers: 1,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ["default", "./test/support/count-reporter.ts"],
  },
});
