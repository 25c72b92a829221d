import { readFileSync } from "node:fs";
import { arch, cpus, platform, totalmem } from "node:os";

/** What a figure depends on; a figure without it says nothing. */
export interface Machine {
  /** The processor's own name. */
  readonly cpu: string;
  /** The instruction sets that decide how fast matrices are multiplied, widest first. */
  readonly instructions: readonly string[];
  /** Logical processors that this process sees. */
  readonly cores: number;
  readonly memoryBytes: number;
  /** Operating system and architecture, as Node names them. */
  readonly system: string;
}

/** Which column of a table of goals a machine belongs to. */
export type MachineKind = "avx512-vnni" | "avx2" | "other";

/** Flags of Linux' /proc/cpuinfo ("flags" on x86, "Features" on ARM) and what people call them, widest first. */
const FLAGS: readonly (readonly [flag: string, name: string])[] = [
  ["amx_int8", "AMX int8"],
  ["amx_bf16", "AMX bf16"],
  ["avx512f", "AVX-512"],
  ["avx512_vnni", "AVX-512 VNNI"],
  ["avx512_bf16", "AVX-512 bf16"],
  ["avx_vnni", "AVX-VNNI"],
  ["avx2", "AVX2"],
  ["fma", "FMA"],
  ["sve", "SVE"],
  ["i8mm", "int8 matrices"],
  ["asimddp", "dot product"],
  ["asimd", "NEON"],
];

/** The text of /proc/cpuinfo → the instruction sets that matter; nothing where it names none. */
export function instructionsOf(cpuinfo: string): string[] {
  const line = /^(?:flags|Features)\s*:(.*)$/m.exec(cpuinfo)?.[1] ?? "";
  const flags = new Set(line.trim().split(/\s+/));
  return FLAGS.filter(([flag]) => flags.has(flag)).map(([, name]) => name);
}

/** This machine. Where the system doesn't tell the instruction sets, only what the architecture promises is named. */
export function readMachine(cpuinfoFile = "/proc/cpuinfo"): Machine {
  let instructions: string[] = [];
  try {
    instructions = instructionsOf(readFileSync(cpuinfoFile, "utf8"));
  } catch {
    // Only Linux has the file; every 64-bit ARM processor has NEON, and x64 promises SSE2 alone.
  }
  if (instructions.length === 0 && arch() === "arm64") instructions = ["NEON"];
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() || "unknown processor",
    instructions,
    cores: processors.length,
    memoryBytes: totalmem(),
    system: `${platform()} ${arch()}`,
  };
}

/** The column of a table of goals. */
export function kindOf({ instructions }: Machine): MachineKind {
  if (instructions.includes("AVX-512 VNNI")) return "avx512-vnni";
  return instructions.includes("AVX2") ? "avx2" : "other";
}

/** One line for people: `AMD EPYC · AVX-512, AVX-512 VNNI, AVX2 · 2 cores · 25 GB · linux x64 · node 20.19.0, …`. */
export function machineLine(machine: Machine, versions: Readonly<Record<string, string>>): string {
  const { cpu, instructions, cores, memoryBytes, system } = machine;
  return [
    cpu,
    instructions.join(", ") || "instruction sets unknown",
    `${cores} ${cores === 1 ? "core" : "cores"}`,
    `${Math.round(memoryBytes / 1e9)} GB`,
    system,
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(", "),
  ]
    .filter((part) => part !== "")
    .join(" · ");
}
