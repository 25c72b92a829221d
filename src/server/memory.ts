import { totalmem } from "node:os";

export interface MemoryWatch {
  /** Bytes that this process may take; default those of its container, else of the machine. */
  readonly limit?: number;
  /** Bytes that it takes now. */
  readonly resident?: () => number;
  readonly everyMs?: number;
  /** Called at each look while memory is scarce. */
  readonly onScarce: (resident: number, limit: number) => void;
}

/** Share of the limit above which memory is scarce: what is left holds the pictures of one run of a large model. */
const SCARCE = 0.9;

/** Bytes that this process may take: those of its container, where it has a limit, else of the machine. */
export function memoryLimit(): number {
  const constrained = process.constrainedMemory?.() ?? 0;
  // Without a limit some kernels say 2⁶³.
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** Looks at the memory of this process again and again, until it is disposed of. */
export function watchMemory({
  limit = memoryLimit(),
  resident = () => process.memoryUsage.rss(),
  everyMs = 5000,
  onScarce,
}: MemoryWatch): Disposable {
  const timer = setInterval(() => {
    const now = resident();
    if (now > SCARCE * limit) onScarce(now, limit);
  }, everyMs).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
