/** Who may import whom: the table of ARCHITECTURE.md. A room that is not named here may import errors only. */
const ROOMS = {
  errors: [],
  math: ["errors"],
  text: ["errors"],
  threads: ["errors"],
  image: ["errors", "threads"],
  checkpoint: ["errors", "math"],
  graph: ["errors", "math"],
  runtime: ["errors", "threads"],
  models: ["errors", "math", "image", "checkpoint", "graph", "runtime"],
  encoder: ["errors", "math", "image"],
  cache: ["errors", "math", "models"],
  encode: ["errors", "cache", "math", "image", "text", "models", "runtime", "encoder"],
  zeroshot: ["errors", "math", "encoder"],
  "calibration-store": ["errors", "models", "zeroshot"],
  "find-model": ["errors", "encoder", "models", "environment"],
  clip: ["errors", "math", "cache", "image", "text", "models", "runtime", "encoder", "encode", "zeroshot", "find-model", "calibration-store"],
  ensemble: ["errors", "math", "image", "models", "encoder", "zeroshot", "calibration-store", "environment", "clip"],
  quantize: ["errors", "math", "image", "graph", "runtime", "models", "encode", "zeroshot", "evaluate", "encoder", "find-model"],
  environment: ["errors"],
  evaluate: ["errors", "math", "image", "models", "encoder", "zeroshot"],
  index: ["errors", "math", "cache", "calibration-store", "image", "text", "models", "runtime", "encoder", "zeroshot", "find-model", "clip", "ensemble", "quantize", "evaluate", "advise"],
  bench: ["errors", "math", "image", "graph", "runtime", "zeroshot", "clip"],
  advise: ["errors", "math", "image", "models", "runtime", "encoder", "environment", "find-model", "clip", "evaluate", "bench"],
  cli: ["errors", "math", "cache", "calibration-store", "index", "find-model", "clip", "ensemble", "quantize", "encoder", "models", "zeroshot", "evaluate", "image", "environment", "bench", "advise"],
};

const at = (room) => `^src/${room}(/|\\.ts$)`;

const arrows = Object.entries(ROOMS).map(([room, allowed]) => ({
  name: `arrows-of-${room}`,
  comment: `${room} may import ${allowed.join(", ") || "nothing"}`,
  severity: "error",
  from: { path: at(room) },
  to: { path: "^src/", pathNot: [room, ...allowed].map(at) },
}));

/** A module that appears in its room only. */
const only = (name, to, ...rooms) => ({
  name: `only-${name}`,
  severity: "error",
  from: { path: "^src/", pathNot: rooms.map((room) => `^src/${room}`) },
  to: { path: to },
});

module.exports = {
  forbidden: [
    ...arrows,
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    { name: "no-room-unknown", severity: "error", from: { path: "^src/", pathNot: Object.keys(ROOMS).map(at) }, to: {} },
    { name: "no-unresolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    { name: "no-dev-in-src", severity: "error", from: { path: "^src/" }, to: { dependencyTypes: ["npm-dev", "npm-no-pkg"] } },
    only("sharp", "node_modules/sharp", "image/decode\\.ts$", "image/recode\\.ts$"),
    only("onnxruntime", "node_modules/onnxruntime", "runtime/session\\.ts$", "runtime/onnx-runtime\\.ts$"),
    only("threads", "^(node:)?worker_threads$", "threads/"),
    only("commander", "node_modules/commander", "cli/"),
    only("tokenizers", "node_modules/@huggingface/tokenizers", "text/"),
    only("undici", "node_modules/undici", "models/", "image/guarded-fetch\\.ts$"),
    only(
      "files",
      "^(node:)?fs(/promises)?$",
      "checkpoint/",
      "models/",
      "cache/",
      "quantize/",
      "image/sources\\.ts$",
      "evaluate/",
      "calibration-store\\.ts$",
      "ensemble/",
      "bench/",
      "advise/",
      "cli/",
      "encode/",
    ),
    only("network", "^(node:)?(https?|net|tls|dns(/promises)?)$", "models/", "image/guarded-fetch\\.ts$"),
  ],
  options: {
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default", "types"] },
  },
};
