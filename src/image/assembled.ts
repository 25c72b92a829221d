/** The parts of the WebAssembly interface in use; Node's own types leave it to the browser's. */
interface Assembly {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
}

/** A kernel's memory. */
export interface KernelMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** Assembled code, base64 → what it exports, made once for this thread when first asked for; undefined where the processor has no SIMD. */
export function assembled<Kernel extends object>(code: string): () => Kernel | undefined {
  let made: { readonly kernel: Kernel | undefined } | undefined;
  return () => {
    made ??= { kernel: instance<Kernel>(code) };
    return made.kernel;
  };
}

function instance<Kernel>(code: string): Kernel | undefined {
  const { WebAssembly: assembly } = globalThis as unknown as { WebAssembly: Assembly };
  try {
    const bytes = Uint8Array.from(atob(code), (sign) => sign.charCodeAt(0));
    return new assembly.Instance(new assembly.Module(bytes)).exports as Kernel;
  } catch {
    return undefined;
  }
}
