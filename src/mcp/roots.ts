import { fileURLToPath } from "node:url";
import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { RootsListChangedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";

/** Folders of a client that are looked at: far above what an assistant opens. */
const MOST_ROOTS = 100;

/**
 * The folders that the client itself works in (MCP's roots), asked for when they are first needed and again after they
 * changed; none where it names none. Only for a client on this machine: its user could read them anyhow.
 */
export function clientRoots({ server }: McpServer): () => Promise<readonly string[]> {
  let known: Promise<readonly string[]> | undefined;
  server.setNotificationHandler(RootsListChangedNotificationSchema, () => {
    known = undefined;
  });
  const ask = async (): Promise<readonly string[]> => {
    if (!server.getClientCapabilities()?.roots) return [];
    const { roots } = await server.listRoots();
    return roots.slice(0, MOST_ROOTS).flatMap(({ uri }) => folderOf(uri));
  };
  return () => {
    known ??= ask().catch(() => {
      known = undefined;
      return [];
    });
    return known;
  };
}

function folderOf(uri: string): string[] {
  try {
    return [fileURLToPath(uri)];
  } catch {
    // A root of another kind, such as a repository's address.
    return [];
  }
}
