// What bench/scale.mjs reckons with, and where each figure is from: `measured` by bench/scale-units.mjs or npm run goals,
// `calculated` from the layout of an index, or `assumed`: replace those by your own.
export const FIGURES = {
  pictures_per_s: {
    value: 28,
    from: "measured",
    what: "pictures a second of a worker with 2 cores, starter: 71 ms of the processor each",
  },
  put_rows_per_s: {
    value: 1_800,
    from: "measured",
    what: "rows a second into Milvus Lite on one core, client and server: 0.55 ms each",
  },
  batch_bytes: { value: 3_715, from: "measured", what: "bytes of a batch of 32 files in Redis" },
  search_p50_ms: {
    value: 2.9,
    from: "measured",
    what: "one search of 100,000 × 512 by HNSW-SQ, LanceDB, p50",
  },
  search_p95_ms: { value: 4.2, from: "measured", what: "the same, p95" },
  hnsw_bytes: {
    value: 2_048 + 2 * 16 * 4 * 1.1,
    from: "calculated",
    what: "memory a row: 512 floats and 32 links",
  },
  sq8_bytes: { value: 512 + 16, from: "calculated", what: "memory a row: 512 bytes, id and list" },
  diskann_memory: { value: 128, from: "calculated", what: "memory a row: a product-quantised vector" },
  diskann_bytes: { value: 4_096, from: "calculated", what: "SSD a row: floats and links in one page" },
  facts_bytes: { value: 400, from: "calculated", what: "disk a row: path, hash, facts, indexes of them" },
  disk_search_factor: {
    value: 4,
    from: "assumed",
    what: "a search of DiskANN takes so many times one of HNSW",
  },
  shard_search_factor: {
    value: 4,
    from: "assumed",
    what: "a search of a shard of 40 to 180 million rows takes so many times one of 100,000",
  },
  redis_batches_per_s: {
    value: 2_000,
    from: "assumed",
    what: "batches a second that one Redis takes in and gives out",
  },
  worker_hours: { value: 720, from: "assumed", what: "hours between failures of a worker" },
  takeover_s: {
    value: 30,
    from: "assumed",
    what: "seconds until a silent worker's batch goes to another (its default)",
  },
  restart_s: { value: 120, from: "assumed", what: "seconds until a failed worker is back" },
  node_memory_gb: {
    value: 128,
    from: "assumed",
    what: "memory of a machine for searches, of which 75 % is for vectors",
  },
  node_disk_tb: { value: 7.5, from: "assumed", what: "SSD of it" },
  node_cores: { value: 16, from: "assumed", what: "cores of it" },
  node_hour: { value: 1.1, from: "assumed", what: "EUR an hour of it" },
  worker_hour: { value: 0.08, from: "assumed", what: "EUR an hour of a worker of 2 cores, 4 GB" },
  month_tb: {
    value: 23,
    from: "assumed",
    what: "EUR a month and TB of object storage, which holds the second copy",
  },
};
