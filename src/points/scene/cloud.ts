import { sampled } from "../sample.js";
import type { Shape, Up } from "../shape.js";

/** Points that a scene of triangles is drawn with. */
const SAMPLES = 500_000;

/** A scene → a cloud with z up: triangles become points of their surface. */
export function sceneCloud({ faces, ...scene }: Shape, up: Up = scene.up ?? "z"): Shape {
  const { colours, positions: corners, ...rest } = scene;
  const cloud: Shape = faces ? { ...rest, positions: sampled(corners, faces, SAMPLES) } : scene;
  if (up === "z") return { ...cloud, up: "z" };
  const [x, y, z] = cloud.origin;
  const positions = cloud.positions.slice();
  for (let i = 0; i < positions.length; i += 3) {
    positions[i + 1] = -cloud.positions[i + 2]!;
    positions[i + 2] = cloud.positions[i + 1]!;
  }
  return { ...cloud, positions, origin: [x, -z, y], up: "z" };
}
