import type { FastifyInstance } from "fastify";
import { domainNames } from "../../zeroshot/domains.js";
import type { ServerContext } from "../context.js";
import { needsKey } from "../guard.js";
import { LIMITS } from "../wire/limits.js";
import type { ServerInfo } from "../wire/server-info.js";

export function serverInfoRoutes(app: FastifyInstance, context: ServerContext): void {
  const { version, options } = context;
  app.get("/v1/server", async (): Promise<ServerInfo> => {
    return {
      version,
      needsKey: needsKey(context),
      fetchUrls: options.fetchUrls,
      domains: domainNames(),
      limits: {
        pictures: LIMITS.pictures,
        pictureBytes: options.maxPictureBytes,
        bodyBytes: options.maxBodyBytes,
        pixels: options.maxPixels,
        inlineLabels: LIMITS.inlineLabels,
        queueMs: options.maxQueueMs,
      },
    };
  });
}
