import type { Clock } from "./clock.js";

/** How far one file is. Sizes in bytes. */
export interface DownloadProgress {
  readonly file: string;
  readonly received: number;
  /** Absent until the server or the registry has told. */
  readonly total?: number;
  /** Of this process, over the last seconds; absent at the start. */
  readonly bytesPerSecond?: number;
  readonly secondsLeft?: number;
  /** True while another process does the work and this one waits. */
  readonly waiting?: true;
}

export type OnDownloadProgress = (progress: DownloadProgress) => void;

/** At most ten reports a second: more than an eye reads. */
const REPORT_MS = 100;
/** The rate is that of the last five seconds, long enough to be calm and short enough to be true. */
const WINDOW_MS = 5_000;

/** Turns counts of bytes into reports with a rate; `report(…, true)` is never held back. */
export class ProgressMeter {
  private readonly samples: { at: number; received: number }[] = [];
  private reported = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly file: string,
    private readonly clock: Clock,
    private readonly listener: OnDownloadProgress | undefined,
  ) {}

  report(received: number, total: number | undefined, force = false): void {
    const now = this.clock.now();
    if (this.listener === undefined || (!force && now - this.reported < REPORT_MS)) return;
    this.reported = now;
    if ((this.samples.at(-1)?.received ?? 0) > received) this.samples.length = 0;
    this.samples.push({ at: now, received });
    while (this.samples.length > 2 && now - this.samples[0]!.at > WINDOW_MS) this.samples.shift();
    const first = this.samples[0]!;
    const rate = now > first.at ? ((received - first.received) * 1000) / (now - first.at) : undefined;
    this.listener({
      file: this.file,
      received,
      ...(total === undefined ? {} : { total }),
      ...(rate === undefined ? {} : { bytesPerSecond: rate }),
      ...(rate === undefined || rate <= 0 || total === undefined
        ? {}
        : { secondsLeft: Math.max(0, total - received) / rate }),
    });
  }
}
