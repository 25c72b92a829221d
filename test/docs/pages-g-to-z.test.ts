import { QUICK, testBlocks } from "./pages.js";

// The README's programs, too.
testBlocks(QUICK.filter(({ page }) => page >= "docs/g" || !page.startsWith("docs/")));
