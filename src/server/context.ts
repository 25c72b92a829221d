import type { SearchRoom } from "./databases/room.js";
import type { ModelStore } from "./downloads.js";
import type { ExampleStore } from "./examples/store.js";
import type { KeyRecord } from "./keys/keys.js";
import type { LabelSetStore } from "./label-sets/store.js";
import type { Metrics } from "./metrics.js";
import type { ModelPool } from "./models.js";
import type { ServerOptions } from "./options.js";
import type { Shelves } from "./products/shelves.js";
import type { ShapeDesk } from "./shapes/desk.js";

/** All that a route needs. */
export interface ServerContext {
  /** Of zeroclip. */
  readonly version: string;
  readonly options: ServerOptions;
  readonly pool: ModelPool;
  readonly labelSets: LabelSetStore;
  /** What label sets learnt from pictures. */
  readonly examples: ExampleStore;
  /** Databases of pictures and what belongs to them; there may be none. */
  readonly search: SearchRoom;
  /** Catalogues of products; there may be none. */
  readonly shelves: Shelves;
  /** Draws point clouds and meshes. */
  readonly shapes: ShapeDesk;
  readonly metrics: Metrics;
  /** The keys there are now: asked for with each request, so that one that is taken away is gone at once. */
  readonly keys: () => readonly KeyRecord[];
  /** Where models lie; absent where this server can't tell. */
  readonly models?: ModelStore;
  /** Fires when the server is asked to end: streams end by it, answers in the making do not. */
  readonly closing: AbortSignal;
}
