// ONNX Runtime 1.30 for Linux carries Microsoft's telemetry: it reads /etc/machine-id, writes to ~/.cache/Microsoft, and
// matches the process's command line with a recursive expression that overflows the stack beyond some 30 KB (a glob of
// 1,000 files). It is turned off before the first session; who wants it sets ORT_DISABLE_TELEMETRY=0.
process.env.ORT_DISABLE_TELEMETRY ??= "1";

/** ONNX Runtime, loaded when it is first needed: where each session has a thread of its own, the main thread needs none. */
export async function onnxRuntime(): Promise<typeof import("onnxruntime-node")> {
  const runtime = await import("onnxruntime-node");
  // It writes to stderr by itself (a missing CUDA library, for example); what matters arrives as an exception.
  runtime.env.logLevel = "fatal";
  return runtime;
}
