import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import {
  CallToolRequestSchema,
  type CallToolResult,
  ErrorCode,
  ListToolsRequestSchema,
  McpError,
  type Tool,
} from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";
import { asClipError } from "../errors.js";
import { parse } from "../server/wire/parse.js";

export interface ToolConfig<I extends z.ZodRawShape> {
  readonly title: string;
  readonly description: string;
  readonly inputSchema: I;
  readonly outputSchema: z.ZodRawShape;
  readonly annotations: Tool["annotations"];
}

/** What a call knows beside its arguments. */
export interface CallExtra {
  readonly signal: AbortSignal;
}

interface Registered {
  readonly tool: Tool;
  readonly call: (args: unknown, extra: CallExtra) => Promise<CallToolResult>;
}

/**
 * A schema as JSON Schema. Made here and not by the SDK: where a project has another zod above the SDK's folder, the SDK writes
 * schemas of this one without their descriptions and bounds.
 */
function jsonSchema(shape: z.ZodRawShape, io: "input" | "output"): Tool["inputSchema"] {
  const { $schema: _, ...made } = z.toJSONSchema(z.object(shape), { target: "draft-2020-12", io });
  // `id` says which schema it is of ours; validators take it for an old keyword.
  const clean = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(clean);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, inner]) =>
        key === "id" && typeof inner === "string" ? [] : [[key, clean(inner)]],
      ),
    );
  };
  return clean(made) as Tool["inputSchema"];
}

/** The tools of a server: told and called by their own schemas. */
export class ToolBox {
  readonly #tools = new Map<string, Registered>();

  constructor({ server }: McpServer) {
    server.registerCapabilities({ tools: {} });
    server.setRequestHandler(ListToolsRequestSchema, () => ({
      tools: [...this.#tools.values()].map(({ tool }) => tool),
    }));
    server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal }) => {
      const found = this.#tools.get(params.name);
      if (found) return found.call(params.arguments ?? {}, { signal });
      const names = [...this.#tools.keys()].join(", ");
      throw new McpError(
        ErrorCode.InvalidParams,
        `Expected one of ${names} but received ${JSON.stringify(params.name.slice(0, 60))}.`,
      );
    });
  }

  register<I extends z.ZodRawShape>(
    name: string,
    { inputSchema, outputSchema, ...rest }: ToolConfig<I>,
    run: (args: z.output<z.ZodObject<I>>, extra: CallExtra) => Promise<CallToolResult>,
  ): void {
    const input = z.object(inputSchema);
    const tool: Tool = {
      ...{ name, ...rest },
      inputSchema: jsonSchema(inputSchema, "input"),
      outputSchema: jsonSchema(outputSchema, "output"),
    };
    const call = async (args: unknown, extra: CallExtra): Promise<CallToolResult> => {
      let parsed: z.output<z.ZodObject<I>>;
      try {
        parsed = parse(input, args, `the arguments of ${name}`);
      } catch (error) {
        return failed(error);
      }
      return run(parsed, extra);
    };
    this.#tools.set(name, { tool, call });
  }
}

/** An error as the tool's answer, with its code. */
function failed(thrown: unknown): CallToolResult {
  const { code, message } = asClipError(thrown, "server.fault");
  return { isError: true, content: [{ type: "text", text: `${message} (${code})` }] };
}

/** A value for programs, and as text for agents that read no structures, with more for those that see; an error as the tool's, with its code. */
export async function answered(
  work: () => Promise<object>,
  more: () => Promise<CallToolResult["content"]> = async () => [],
): Promise<CallToolResult> {
  try {
    const value = await work();
    return {
      structuredContent: { ...value },
      content: [{ type: "text", text: JSON.stringify(value) }, ...(await more())],
    };
  } catch (thrown) {
    return failed(thrown);
  }
}
