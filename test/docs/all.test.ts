import { BLOCKS, testBlocks } from "./pages.js";

testBlocks(BLOCKS);
