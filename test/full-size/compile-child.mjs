// Compiles one checkpoint in a process of its own and prints, as JSON, what came out and the most memory it held.
import { pathToFileURL } from "node:url";

const [module, checkpoint, cacheFolder] = process.argv.slice(2);
const { openModel } = await import(pathToFileURL(module).href);
const started = performance.now();
const model = await openModel(checkpoint, { cacheFolder });
const seconds = (performance.now() - started) / 1000;
process.stdout.write(JSON.stringify({ model, seconds, peakBytes: process.resourceUsage().maxRSS * 1024 }));
