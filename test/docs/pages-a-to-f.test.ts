import { QUICK, testBlocks } from "./pages.js";

// Two files, so that both of two cores have something to do.
testBlocks(QUICK.filter(({ page }) => page < "docs/g" && page.startsWith("docs/")));
