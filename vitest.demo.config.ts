import { defineConfig } from "vitest/config";
import slow from "./vitest.slow.config.js";

// The page without a server, in Chromium: a visitor who goes from view to view, with the network cut on the way.
export default defineConfig({
  test: { ...slow.test, include: ["test/browser/demo.slow.test.ts"] },
});
