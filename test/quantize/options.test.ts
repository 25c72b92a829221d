import { expect, test } from "vitest";
import { checkOptions, type QuantizeOptions } from "../../src/quantize/options.js";

test.each([
  [{ gate: { top1Drop: 0.1 } }, "usage.gate", /--max-drop \(top1Drop\) needs --labelled/],
  [
    { gate: { minCosine: 0.5 } },
    "usage.gate",
    /among worstCosine, agreement, top1Drop but received "minCosine"/,
  ],
  [{ gate: { worstCosine: 2 } }, "usage.gate", /Expected worstCosine from -1 to 1 but received 2/],
  [{ towers: [""] }, "usage.towers", /Expected towers image, text or both but received ""/],
  [{ towers: "image" }, "usage.towers", /but received "image"/],
  [{ towers: [] }, "usage.towers", /but received none/],
  [{ to: "int4" }, "usage.precision", /Expected int8/],
])("%j is refused", (options, code, message) => {
  expect(() => checkOptions(options as unknown as QuantizeOptions)).toThrowError(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  );
});

test("bounds that are not given are the default ones", () => {
  expect(checkOptions({ gate: { top1Drop: 0.1 }, labelled: "animals" })).toEqual({
    worstCosine: 0.99,
    agreement: 0.98,
    top1Drop: 0.1,
  });
});
