import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { memoryLimit } from "./memory.js";
import { type ModelPool, memoryOf } from "./models.js";
import type { RunFigures } from "./queue/batcher.js";

/** Seconds: from a small model's picture to the longest wait allowed. */
const SECONDS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

/** What /metrics tells, in Prometheus' text format. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests = this.#made(
    new Counter({
      name: "zeroclip_requests_total",
      help: "Requests answered",
      labelNames: ["route", "method", "status"] as const,
      registers: [],
    }),
  );
  readonly #latency = this.#made(
    new Histogram({
      name: "zeroclip_request_seconds",
      help: "From a request's head to the end of its answer",
      labelNames: ["route", "method"] as const,
      buckets: SECONDS,
      registers: [],
    }),
  );
  readonly #batch = this.#made(
    new Histogram({
      name: "zeroclip_batch_size",
      help: "Pictures or texts a run of a model",
      labelNames: ["model", "tower"] as const,
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
      registers: [],
    }),
  );
  readonly #wait = this.#made(
    new Histogram({
      name: "zeroclip_queue_wait_seconds",
      help: "Wait of a picture or text for its run",
      labelNames: ["model", "tower"] as const,
      buckets: SECONDS,
      registers: [],
    }),
  );
  readonly #run = this.#made(
    new Histogram({
      name: "zeroclip_inference_seconds",
      help: "Decoding and computing of a run",
      labelNames: ["model", "tower"] as const,
      buckets: SECONDS,
      registers: [],
    }),
  );
  readonly #frames = this.#made(
    new Counter({
      name: "zeroclip_live_frames_total",
      help: "Frames of live streams: answered, dropped for newer ones, failed",
      labelNames: ["model", "outcome"] as const,
      registers: [],
    }),
  );
  readonly #frameLatency = this.#made(
    new Histogram({
      name: "zeroclip_live_latency_seconds",
      help: "From a frame's arrival to its answer",
      labelNames: ["model"] as const,
      buckets: SECONDS,
      registers: [],
    }),
  );

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  /** What is read when somebody asks. */
  watch(pool: () => ModelPool): void {
    const registers = [this.#registry];
    new Gauge({
      name: "zeroclip_queue_length",
      help: "Pictures and texts that wait",
      labelNames: ["model", "tower"],
      registers,
      collect() {
        this.reset();
        for (const { name, serving } of pool().loaded) {
          this.set({ model: name, tower: "image" }, serving.images.waiting);
          this.set({ model: name, tower: "text" }, serving.texts.waiting);
        }
      },
    });
    new Gauge({
      name: "zeroclip_memory_limit_bytes",
      help: "Memory that the process may take: its container's, else the machine's",
      registers,
      collect() {
        this.set(memoryLimit());
      },
    });
    new Gauge({
      name: "zeroclip_model_bytes",
      help: "Weights of the open models, estimated from their number and precision",
      labelNames: ["model"],
      registers,
      collect() {
        this.reset();
        for (const { name, serving } of pool().loaded)
          this.set({ model: name }, memoryOf(serving.clip.model));
      },
    });
  }

  /** Live streams that are open, read when somebody asks. */
  watchStreams(open: () => number): void {
    new Gauge({
      name: "zeroclip_live_streams",
      help: "Live streams that are open",
      registers: [this.#registry],
      collect() {
        this.set(open());
      },
    });
  }

  /** What became of a frame of a live stream. */
  frame(model: string, outcome: "answered" | "dropped" | "failed", seconds?: number): void {
    this.#frames.inc({ model, outcome });
    if (seconds !== undefined) this.#frameLatency.observe({ model }, seconds);
  }

  answered(route: string, method: string, status: number, seconds: number): void {
    this.#requests.inc({ route, method, status: String(status) });
    this.#latency.observe({ route, method }, seconds);
  }

  ran(model: string, tower: "image" | "text", { items, waited, seconds }: RunFigures): void {
    this.#batch.observe({ model, tower }, items);
    for (const wait of waited) this.#wait.observe({ model, tower }, wait);
    this.#run.observe({ model, tower }, seconds);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #made<T extends Counter | Histogram>(metric: T): T {
    this.#registry.registerMetric(metric);
    return metric;
  }
}
