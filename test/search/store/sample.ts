import { createHash } from "node:crypto";
import { mulberry32 } from "../../../src/math/random.js";
import { type Row, rowId } from "../../../src/search/row.js";
import type { StoreModel } from "../../../src/search/store/store.js";
