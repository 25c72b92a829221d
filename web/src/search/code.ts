import type { SearchCall } from "../api";
import { type CodeKind, quoted } from "../parts/code-dialog";

/** Where a picture of one's own goes: programs read it from a file. */
const FILE = "picture.jpg";

/** The search as programs send it. */
export function searchCode(asked: SearchCall, kind: CodeKind, origin: string, withKey: boolean): string {
  const { image, ...fields } = asked;
  return { curl, TypeScript: typeScript, Python: python }[kind](fields, image !== undefined, origin, withKey);
}

function curl(fields: object, hasPicture: boolean, origin: string, withKey: boolean): string {
  const key = withKey ? ` \\\n  -H "authorization: Bearer $ZEROCLIP_KEY"` : "";
  const head = `curl ${origin}/v1/search${key} \\\n  -H "content-type: application/json" \\\n  `;
  if (!hasPicture) return `${head}-d ${quoted(JSON.stringify(fields))}`;
  const rest = JSON.stringify(fields).slice(1);
  return `printf '{"image":"data:image/jpeg;base64,%s",%s' "$(base64 < ${FILE} | tr -d '\\n')" \\
  ${quoted(rest)} | ${head}-d @-`;
}

function typeScript(fields: object, hasPicture: boolean, origin: string, withKey: boolean): string {
  const key = withKey ? `, apiKey: process.env.ZEROCLIP_KEY` : "";
  const lines = JSON.stringify(fields, undefined, 2).replace(/^\{\n/, "").replace(/\n\}$/, "");
  return `${hasPicture ? 'import { readFile } from "node:fs/promises";\n' : ""}import { ZeroclipClient } from "zeroclip/client";

const client = new ZeroclipClient({ baseUrl: "${origin}"${key} });
const { hits } = await client.search({
${hasPicture ? `  image: await readFile("${FILE}"),\n` : ""}${lines},
});
for (const { path, relevance } of hits) console.log(path, relevance);`;
}

/** JSON as Python writes it. */
function literal(value: unknown): string {
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([name, one]) => `${JSON.stringify(name)}: ${literal(one)}`)
    .join(", ")}}`;
}

function python(fields: object, hasPicture: boolean, origin: string, withKey: boolean): string {
  const key = withKey ? `\n    headers={"authorization": f"Bearer {os.environ['ZEROCLIP_KEY']}"},` : "";
  const lines = Object.entries(fields).map(([name, value]) => `        "${name}": ${literal(value)},`);
  const picture = `        "image": "data:image/jpeg;base64," + base64.b64encode(open("${FILE}", "rb").read()).decode(),`;
  const modules = [...(hasPicture ? ["import base64"] : []), ...(withKey ? ["import os"] : [])];
  return `${modules.map((line) => `${line}\n`).join("")}import requests

answer = requests.post(
    "${origin}/v1/search",
    json={
${[...(hasPicture ? [picture] : []), ...lines].join("\n")}
    },${key}
)
answer.raise_for_status()
for hit in answer.json()["hits"]:
    print(hit["path"], hit.get("relevance"))`;
}
