import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { serverOptionsSchema } from "../../src/server/options.js";
import { SETTINGS, settingsFrom } from "../../src/server/settings.js";

describe("settings", () => {
  it("flags go before variables, variables before the file", () => {
    const file = { name: "s.yaml", values: { port: 1, maxBatch: 2, host: "::1", cors: ["https://a.b"] } };
    const variables = {
      ZEROCLIP_SERVE_PORT: "3",
      ZEROCLIP_SERVE_MAX_BATCH: "4",
      ZEROCLIP_SERVE_PAGE_SIZE: "",
    };
    const { ZEROCLIP_SERVE_PAGE_SIZE: _, ...known } = variables;
    expect(settingsFrom({ flags: { port: "5", trustProxy: true }, variables: known, file })).toEqual({
      host: "::1",
      port: 5,
      maxBatch: 4,
      cors: ["https://a.b"],
      trustProxy: true,
    });
  });

  it("lists and truths are words in variables", () => {
    const variables = {
      ZEROCLIP_SERVE_MODELS: "starter, ViT-B/32@int8",
      ZEROCLIP_SERVE_PRELOAD: "no",
      ZEROCLIP_SERVE_FETCH_URLS: "TRUE",
    };
    expect(settingsFrom({ flags: {}, variables })).toEqual({
      models: ["starter", "ViT-B/32@int8"],
      preload: false,
      fetchUrls: true,
    });
  });

  it.each([
    ["a number", { ZEROCLIP_SERVE_PORT: "many" }, /a number for ZEROCLIP_SERVE_PORT/],
    ["a truth", { ZEROCLIP_SERVE_PRELOAD: "perhaps" }, /true or false for ZEROCLIP_SERVE_PRELOAD/],
    ["a name", { ZEROCLIP_SERVE_PROT: "1" }, /ZEROCLIP_SERVE_PROT is none/],
  ])("refuses a variable that is not %s", (_, variables, words) => {
    expect(() => settingsFrom({ flags: {}, variables: variables as Record<string, string> })).toThrow(words);
  });

  it("says of a value out of range where it stands, what it may be and what it is", () => {
    const told = (given: Partial<Parameters<typeof settingsFrom>[0]>) => () =>
      settingsFrom({ flags: {}, variables: {}, ...given });
    expect(told({ flags: { port: "70000" } })).toThrow(
      "Expected --port to be at most 65535 but received 70000 (docs/server.md).",
    );
    expect(told({ variables: { ZEROCLIP_SERVE_MAX_BATCH: "0" } })).toThrow(
      "Expected ZEROCLIP_SERVE_MAX_BATCH to be at least 1 but received 0",
    );
    expect(told({ file: { name: "s.yaml", values: { port: "eighty" } } })).toThrow(
      'Expected port of s.yaml to be a number but received "eighty"',
    );
    expect(told({ flags: { auth: "nobody" } })).toThrow(
      'Expected --auth to be one of auto, required, none but received "nobody"',
    );
  });

  it.each(["shop.example", "https://shop.example/", "https://Shop.example", "null"])(
    "refuses %s as an origin, which no browser sends so",
    (origin) => {
      const told = `to be an origin such as https://shop.example, or * but received "${origin}"`;
      expect(() => settingsFrom({ flags: { cors: origin }, variables: {} })).toThrow(told);
    },
  );

  it("refuses a line of a file that is no setting", () => {
    const file = { name: "s.yaml", values: { prot: 1 } };
    expect(() => settingsFrom({ flags: {}, variables: {}, file })).toThrow(/in s\.yaml but found "prot"/);
  });

  it("docs/server.md has each of them with its default", () => {
    const page = readFileSync("docs/server.md", "utf8");
    for (const { name, flag, variable, default: usual, description } of SETTINGS) {
      const shown = (Array.isArray(usual) ? usual.join(", ") : String(usual)) || "none";
      expect(page).toContain(`| \`${name}\` | \`${flag}\` | ${shown} | ${description} |`);
      expect(variable).toMatch(/^ZEROCLIP_SERVE_[A-Z_]+$/);
    }
    expect(serverOptionsSchema.parse({})).toHaveProperty("port");
  });
});
