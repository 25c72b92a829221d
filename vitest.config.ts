import { defineConfig } from "vitest/config";

// Native addons (sharp, ONNX Runtime) want processes, not threads; two, for machines with two cores.
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: [
      "test/full-size/**",
      "test/stores/**",
      "test/published/**",
      "test/docs/**",
      "test/**/*.slow.test.ts",
      "node_modules/**",
    ],
    globalSetup: ["test/support/build.ts"],
    pool: "forks",
    maxWorkers: 2,
    // Files share a process: sharp, ONNX Runtime and our modules are loaded twice, not two hundred times. So a file leaves nothing
    // behind that another would see.
    isolate: false,
    // Browsers, sockets and child processes are waited for; a machine with other work may still be too slow once. The report
    // says which test needed its second try.
    retry: process.env.CI === undefined ? 0 : 2,
    // For the slowest machine: what hangs is found all the same.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    reporters: ["default", "./test/support/count-reporter.ts"],
  },
});
