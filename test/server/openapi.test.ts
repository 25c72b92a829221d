import { describe, expect, it } from "vitest";
import { openApi } from "../../src/server/openapi.js";

interface Operation {
  readonly security?: readonly object[];
  readonly responses: Record<string, { readonly content?: Record<string, unknown> } | undefined>;
}
interface Document {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, { readonly required?: readonly string[] }> };
}
const { paths, components } = openApi("0.0.0", true) as unknown as Document;
const get = (path: string): Operation => paths[path]!.get!;

describe("the OpenAPI document", () => {
  it("says of everything but the probes and signed reports that a key is needed, and both ways to show it", () => {
    const open = Object.entries(paths).flatMap(([path, of]) =>
      Object.values(of).flatMap(({ security }) => (security ? [] : [path])),
    );
    expect(open).toEqual(["/v1/evaluations/{id}/report", "/healthz", "/readyz"]);
    expect(get("/metrics").security).toEqual([{ key: [] }, { header: [] }]);
  });

  it("tells statuses beside the usual one, and what is no JSON", () => {
    const map = get("/v1/databases/{db}/map").responses["202"]!.content!;
    expect(map["application/json"]).toEqual({ schema: { $ref: "#/components/schemas/PictureMapRunning" } });
    const file = get("/v1/databases/{db}/pictures/{id}/file").responses;
    expect(Object.keys(file)).toEqual(["200", "206", "304", "default"]);
    expect(Object.keys(file["200"]!.content!)).toEqual(["image/*", "video/*"]);
    expect(Object.keys(get("/v1/label-sets/{name}").responses)).toContain("304");
    expect(Object.keys(get("/metrics").responses["200"]!.content!)).toEqual(["text/plain"]);
  });

  it("an evaluation is asked for without what has defaults, and answered with it", () => {
    expect(components.schemas.EvaluationBody!.required).toEqual(["folder"]);
    expect(components.schemas.EvaluationAsked!.required).toEqual(["folder", "prompts"]);
  });
});
