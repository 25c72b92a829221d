/** How a terminal is handed pictures: https://iterm2.com/documentation-images.html, https://sw.kovidgoyal.net/kitty/graphics-protocol/ */
export type Protocol = "iterm" | "kitty";

/** Characters of base64 a message of kitty's protocol. */
const CHUNK = 4096;

/** Terminals by what they put into the environment; inside tmux and screen pictures do not come through. */
const KITTY = new Set(["ghostty"]);
const ITERM = new Set(["iTerm.app", "WezTerm", "mintty"]);

/** The protocol of the terminal that an environment tells of; undefined: it shows no pictures. */
export function protocolOf(env: Readonly<Record<string, string | undefined>>): Protocol | undefined {
  if (env.TMUX || env.STY) return undefined;
  const program = env.TERM_PROGRAM ?? "";
  if (env.KITTY_WINDOW_ID || env.TERM === "xterm-kitty" || KITTY.has(program)) return "kitty";
  return ITERM.has(program) || env.LC_TERMINAL === "iTerm2" ? "iterm" : undefined;
}

/** PNG bytes → what the terminal shows as a picture of so many lines. */
export function inlinePicture(png: Uint8Array, protocol: Protocol, lines: number): string {
  const data = Buffer.from(png).toString("base64");
  if (protocol === "iterm") {
    return `\x1b]1337;File=inline=1;size=${png.length};height=${lines};preserveAspectRatio=1:${data}\x07`;
  }
  const chunks = data.match(new RegExp(`.{1,${CHUNK}}`, "g")) ?? [];
  return chunks
    .map((chunk, i) => {
      const more = i < chunks.length - 1 ? 1 : 0;
      const head = i === 0 ? `a=T,f=100,r=${lines},q=2,m=${more}` : `m=${more}`;
      return `\x1b_G${head};${chunk}\x1b\\`;
    })
    .join("");
}
