import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** A camera: what it is asked is answered as RFC 2326 says, pictures go through the same connection (RTP over TCP). */
export interface RtspServer extends AsyncDisposable {
  readonly url: string;
  /** Requests of all clients, in order. */
  readonly asked: readonly string[];
  /** No more pictures, without a word: the connections stay open. */
  freeze(): void;
}

/** ffmpeg as the camera's eye: a video at its own speed, in RTP packets to a port of ours → its description. */
async function play(video: string, port: number): Promise<{ child: ChildProcess; sdp: string }> {
  const args = ["-v", "error", "-re", "-stream_loop", "-1", "-i", video, "-an", "-c:v", "mpeg4", "-q:v", "4"];
  const form = ["-flags", "+global_header", "-g", "12", "-f", "rtp", `rtp://127.0.0.1:${port}?pkt_size=1300`];
  const child = spawn("ffmpeg", [...args, ...form], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    text += chunk;
    if (/^a=fmtp:.*\r?\n/m.test(text)) break;
  }
  const lines = text
    .split(/\r?\n/)
    .slice(1)
    .filter((line) => /^[a-z]=/.test(line));
  const sdp = lines.map((line) => line.replace(/^m=video \d+/, "m=video 0"));
  return { child, sdp: `${[...sdp, "a=control:track1"].join("\r\n")}\r\n` };
}

export async function rtspServer(video: string): Promise<RtspServer> {
  const asked: string[] = [];
  const ends: (() => void)[] = [];
  const players: ChildProcess[] = [];
  const serve = async (socket: Socket): Promise<void> => {
    const packets = createSocket("udp4");
    packets.bind(0, "127.0.0.1");
    await once(packets, "listening");
    const { child, sdp } = await play(video, packets.address().port);
    players.push(child);
    const end = (): void => {
      child.kill("SIGKILL");
      socket.destroy();
      try {
        packets.close();
      } catch {
        // Closed already: both ends may be first.
      }
    };
    ends.push(end);
    socket.on("close", end).on("error", end);
    let rest = "";
    socket.on("data", (chunk) => {
      // Words between reports of the client, which begin with $ and are of no interest.
      rest += chunk.toString("latin1");
      for (let at = rest.indexOf("\r\n\r\n"); at >= 0; at = rest.indexOf("\r\n\r\n")) {
        const head = rest.slice(0, at);
        rest = rest.slice(at + 4);
        const found = /([A-Z]+) (\S+) RTSP\/1\.0\r\n(?:.*\r\n)*?CSeq: (\d+)/i.exec(head);
        if (!found) continue;
        const [, method = "", url = "", number = ""] = found;
        asked.push(method);
        const more: Record<string, string> = {
          OPTIONS: "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n",
          DESCRIBE: `Content-Base: ${url}/\r\nContent-Type: application/sdp\r\nContent-Length: ${sdp.length}\r\n`,
          SETUP: "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n",
        };
        const body = method === "DESCRIBE" ? sdp : "";
        socket.write(`RTSP/1.0 200 OK\r\nCSeq: ${number}\r\nSession: 1\r\n${more[method] ?? ""}\r\n${body}`);
        if (method !== "PLAY") continue;
        packets.on("message", (packet) => {
          const lead = Buffer.from([0x24, 0, packet.length >> 8, packet.length & 0xff]);
          if (socket.writable) socket.write(Buffer.concat([lead, packet]));
        });
      }
    });
  };
  const server = createServer((socket) => void serve(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `rtsp://127.0.0.1:${(server.address() as AddressInfo).port}/camera`,
    asked,
    freeze() {
      for (const player of players) player.kill("SIGSTOP");
    },
    async [Symbol.asyncDispose]() {
      for (const end of ends) end();
      server.close();
    },
  };
}
