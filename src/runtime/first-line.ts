/** The first line of what was thrown, without ONNX Runtime's source positions. */
export function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const line = message.split("\n", 1)[0] ?? "";
  return line.replace(/^\/onnxruntime_src\S+ .*? was false\. /, "").trim();
}
