import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClipError } from "../errors.js";
import { type Feed, openSession } from "../runtime/session.js";

/** Sizes of a node's inputs and outputs, as ONNX Runtime's profile holds them. */
interface NodeShapes {
  readonly op: string;
  readonly inputs: readonly (readonly number[])[];
  readonly output: readonly number[];
}

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

/** Multiplications and additions of a node; those of its biases, norms and activations are left out as usual. */
export function operationsOf({ op, inputs, output }: NodeShapes): number {
  const [first = [], second = []] = inputs;
  if (/Attention$/.test(op)) {
    // q·kᵀ and the weighted sum of v: [n, l, d] and [n, m, d] → two products of n·l·m·d
    const keys = second.length === 3 ? second[1]! : (first[1] ?? 0);
    return 4 * product(first) * keys;
  }
  if (/MatMul|Gemm/.test(op)) return 2 * product(output) * (first.at(-1) ?? 0);
  if (/Conv/.test(op)) {
    const kernel = inputs.slice(1).find((sizes) => sizes.length === 4) ?? [];
    return kernel.length === 4 ? 2 * product(output) * product(kernel.slice(1)) : 0;
  }
  return 0;
}

type Shapes = readonly Readonly<Record<string, readonly number[]>>[];

interface ProfileEvent {
  readonly cat?: string;
  readonly args?: {
    readonly op_name?: string;
    readonly input_type_shape?: Shapes;
    readonly output_type_shape?: Shapes;
  };
}

const sizesOf = (shapes: Shapes = []): (readonly number[])[] =>
  shapes.map((shape) => Object.values(shape)[0] ?? []);

/** The text of ONNX Runtime's profile → its nodes. */
export function nodesOf(profile: string): NodeShapes[] {
  const events = JSON.parse(profile) as ProfileEvent[];
  return events.flatMap(({ cat, args }) =>
    cat === "Node" && args?.op_name !== undefined && args.output_type_shape !== undefined
      ? [
          {
            op: args.op_name,
            inputs: sizesOf(args.input_type_shape),
            output: sizesOf(args.output_type_shape)[0] ?? [],
          },
        ]
      : [],
  );
}

/**
 * Multiplications and additions of one run of a graph, counted from the sizes that ONNX Runtime saw: the graph is opened
 * as it stands (no rewriting, no rearranged weights, so that every weight's size is told) and run once.
 */
export async function countOperations(
  file: string,
  feeds: Readonly<Record<string, Feed>>,
  output: string,
): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "zeroclip-profile-"));
  try {
    const session = await openSession(file, {
      graphOptimization: "disabled",
      prepacking: false,
      profileTo: join(folder, "profile"),
    });
    try {
      await session.run(feeds, output);
    } finally {
      await session[Symbol.asyncDispose]();
    }
    const [name] = await readdir(folder);
    if (name === undefined)
      throw new ClipError("bench.profile", `Expected a profile of ${file} but none was written.`);
    return nodesOf(await readFile(join(folder, name), "utf8")).reduce(
      (sum, node) => sum + operationsOf(node),
      0,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
