// Exit code 0 where the server on this machine is ready to answer. The Dockerfile's health check; needs no curl.
const port = process.env.ZEROCLIP_SERVE_PORT || "8765";
const ready = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(4000) }).then(
  ({ ok }) => ok,
  () => false,
);
process.exitCode = ready ? 0 : 1;
