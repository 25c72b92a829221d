import { expect } from "vitest";
import type { Outcome } from "./command.js";

/** Two chairs and two guitars as meshes in the folder `shapes` of a workplace. */
export async function makeShapes(run: (args: string[]) => Promise<Outcome>): Promise<void> {
  const how = ["--kinds", "chair,guitar", "--count", "2", "--mesh"];
  const made = await run(["points", "generate", "shapes", ...how]);
  expect(made).toMatchObject({ code: 0, stderr: "", stdout: "4 shapes in shapes\n" });
}
