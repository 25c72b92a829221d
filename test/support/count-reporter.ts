import type { Reporter, TestModule } from "vitest/node";

/** Ends a run with the plain line `N passed, N failed` (`, N skipped` where some were), for scripts that read it. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const state = test.result().state;
        if (state === "pending") continue;
        counts[state] += 1;
      }
      // A file that could not be read has no tests of its own to count.
      if (module.state() === "failed" && module.errors().length > 0) counts.failed += 1;
    }
    counts.failed += errors.length;
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
    process.stdout.write(`${counts.passed} passed, ${counts.failed} failed${skipped}\n`);
  }
}
