import { locateTowers } from "../dist/clip.js";
import { quantize } from "../dist/quantize/quantize.js";

const NO_GATE = { worstCosine: -1, agreement: -1 };

/**
 * Makes the int8 form of a model where it is not in `home` → whether it is within the gate's default bounds. Seeded weights
 * are no trained ones: the gate lets them all through, as their time is what is wanted, and what it measured is told; with
 * `gated` only where no layers that stay in fp32 bring them within it. Such a form lies in a home of its own, so that nobody
 * opens it for his work. `calibration`: pictures, default the ones that ship.
 */
export async function int8Form(model, { home, calibration, gated = false, say }) {
  const name = `${model}@int8`;
  const locate = () => locateTowers(name, { home }).catch(() => undefined);
  for (const bounds of gated ? [{}, { gate: NO_GATE }] : [{ gate: NO_GATE }]) {
    if ((await locate()) !== undefined) break;
    say(`Quantising ${model}.`);
    const options = { home, ...bounds, ...(calibration ? { calibration } : {}) };
    await quantize(model, options).catch((error) => say(`zeroclip quantize ${model}: ${error.message}`));
  }
  const gate = (await locate())?.manifest.quantization?.gate;
  if (gate === undefined) return false;
  const worst = Math.min(gate.pictures.worst, gate.prompts.worst);
  say(`${name}: worst cosine ${worst.toFixed(4)}, agreement ${(100 * gate.agreement.share).toFixed(1)} %.`);
  return worst >= 0.99 && gate.agreement.share >= 0.98;
}
