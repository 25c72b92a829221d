/** What ffmpeg is told of where a source lies. */
export interface SourceForm {
  readonly kind: "file" | "stdin" | "http" | "rtsp" | "device";
  /** True where frames come when they come: the newest counts, and older ones are dropped. */
  readonly live: boolean;
  /** Arguments up to and with `-i`. */
  readonly input: readonly string[];
}

/**
 * A path, http(s) or rtsp(s) address, `/dev/videoN` or `-` → how ffmpeg opens it. Protocols are restricted to what the form
 * needs, so that a playlist from the network can't name files of this machine.
 */
export function sourceForm(source: string): SourceForm {
  if (source === "-") {
    return { kind: "stdin", live: false, input: ["-protocol_whitelist", "pipe", "-i", "pipe:0"] };
  }
  if (/^\/dev\/video\d+$/.test(source)) {
    return {
      kind: "device",
      live: true,
      input: ["-protocol_whitelist", "file", "-f", "v4l2", "-i", source],
    };
  }
  if (/^https?:\/\//i.test(source)) {
    // crypto: segments of HLS streams that are encrypted.
    const allowed = ["-protocol_whitelist", "http,https,tcp,tls,crypto"];
    return { kind: "http", live: true, input: [...allowed, "-rw_timeout", "10000000", "-i", source] };
  }
  if (/^rtsps?:\/\//i.test(source)) {
    const allowed = ["-protocol_whitelist", "rtsp,rtsps,rtp,udp,tcp,tls", "-rtsp_transport", "tcp"];
    return { kind: "rtsp", live: true, input: [...allowed, "-i", source] };
  }
  // With its protocol before it, so that no name is read as another protocol or as an option.
  return { kind: "file", live: false, input: ["-protocol_whitelist", "file", "-i", `file:${source}`] };
}
