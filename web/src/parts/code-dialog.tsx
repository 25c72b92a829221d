import { type ReactNode, useState } from "react";
import type { ClassifyOptions } from "../api";
import { useServer } from "../server";
import { useWords } from "../words";
import { CopyButton, Dialog, Segments } from "./basics";

export const CODE_KINDS = ["curl", "TypeScript", "Python"] as const;
export type CodeKind = (typeof CODE_KINDS)[number];

/** A text as a shell takes it. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** The request as programs send it. */
export function classifyCode(
  asked: ClassifyOptions,
  kind: CodeKind,
  origin: string,
  withKey: boolean,
): string {
  const fields = Object.entries(asked).map(
    ([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)] as const,
  );
  if (kind === "curl") {
    const key = withKey ? ` \\\n  -H "authorization: Bearer $ZEROCLIP_KEY"` : "";
    const form = fields.map(([name, value]) => ` \\\n  -F ${quoted(`${name}=${value}`)}`).join("");
    return `curl ${origin}/v1/classify${key} \\\n  -F image=@picture.jpg${form}`;
  }
  if (kind === "TypeScript") {
    const key = withKey ? `, apiKey: process.env.ZEROCLIP_KEY` : "";
    const options = JSON.stringify(asked, undefined, 2).replace(/^\{\n/, "").replace(/\n\}$/, "");
    return `import { readFile } from "node:fs/promises";
import { ZeroclipClient } from "zeroclip/client";

const client = new ZeroclipClient({ baseUrl: "${origin}"${key} });
const { results } = await client.classify({
  images: [await readFile("picture.jpg")],
${options},
});
console.log(results[0].predictions);`;
  }
  const key = withKey ? `\n    headers={"authorization": f"Bearer {os.environ['ZEROCLIP_KEY']}"},` : "";
  const data = fields
    .map(([name, value]) => `        ${JSON.stringify(name)}: ${JSON.stringify(value)},`)
    .join("\n");
  return `${withKey ? "import os\n" : ""}import requests

answer = requests.post(
    "${origin}/v1/classify",
    files={"image": open("picture.jpg", "rb")},
    data={
${data}
    },${key}
)
answer.raise_for_status()
print(answer.json()["results"][0]["predictions"])`;
}

export function CodeDialog({
  codeOf,
  kinds = CODE_KINDS,
  hint,
  onClose,
}: {
  readonly codeOf: (kind: CodeKind, origin: string, withKey: boolean) => string;
  readonly kinds?: readonly CodeKind[];
  readonly hint: string;
  readonly onClose: () => void;
}): ReactNode {
  const words = useWords();
  const { info } = useServer();
  const [kind, setKind] = useState(kinds[0]!);
  const code = codeOf(kind, location.origin, info?.needsKey ?? false);
  return (
    <Dialog title={words.codeDialog.title} onClose={onClose}>
      <div className="row between code-head">
        {kinds.length > 1 ? (
          <Segments
            label={words.codeDialog.title}
            value={kind}
            options={kinds.map((name) => [name, name])}
            onChange={setKind}
          />
        ) : (
          <span className="quiet-text">{kind}</span>
        )}
        <CopyButton text={code} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys. */}
      <pre className="code" tabIndex={0}>
        {code}
      </pre>
      <p className="hint">{hint}</p>
    </Dialog>
  );
}
