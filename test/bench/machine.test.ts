import { describe, expect, it } from "vitest";
import { instructionsOf, kindOf, machineLine, readMachine } from "../../src/bench/machine.js";

const machine = (instructions: string[]) => ({
  cpu: "A Processor",
  instructions,
  cores: 2,
  memoryBytes: 24.6e9,
  system: "linux x64",
});

describe("the machine", () => {
  it("names the instruction sets of an x86 processor, widest first", () => {
    const cpuinfo =
      "processor\t: 0\nflags\t\t: fpu fma avx2 avx512f avx512bw avx512_vnni avx512_bf16\nbugs\t: x\n";
    expect(instructionsOf(cpuinfo)).toEqual(["AVX-512", "AVX-512 VNNI", "AVX-512 bf16", "AVX2", "FMA"]);
  });

  it("names those of an ARM processor", () => {
    expect(instructionsOf("Features\t: fp asimd asimddp i8mm\n")).toEqual([
      "int8 matrices",
      "dot product",
      "NEON",
    ]);
  });

  it("names none where the file tells none", () => {
    expect(instructionsOf("")).toEqual([]);
    expect(readMachine("/nowhere/cpuinfo").cores).toBeGreaterThan(0);
  });

  it.each([
    [["AVX-512", "AVX-512 VNNI", "AVX2"], "avx512-vnni"],
    [["AVX-512", "AVX2"], "avx2"],
    [["AVX2"], "avx2"],
    [["NEON"], "other"],
  ])("%j is a machine of kind %s", (instructions, kind) => {
    expect(kindOf(machine(instructions))).toBe(kind);
  });

  it("is one line", () => {
    expect(machineLine(machine([]), {})).toBe(
      "A Processor · instruction sets unknown · 2 cores · 25 GB · linux x64",
    );
    expect(machineLine(machine(["AVX2"]), { node: "20.1.0", zeroclip: "1.0.0" })).toBe(
      "A Processor · AVX2 · 2 cores · 25 GB · linux x64 · node 20.1.0, zeroclip 1.0.0",
    );
  });
});
