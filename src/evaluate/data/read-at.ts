import { open } from "node:fs/promises";

/** Some bytes of a file, exactly as many; raises what the system raises, and a RangeError where the file ends before. */
export async function readAt(path: string, position: number, length: number): Promise<Uint8Array> {
  const file = await open(path, "r");
  try {
    const bytes = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
    for (let done = 0; done < length; ) {
      const { bytesRead } = await file.read(bytes, done, length - done, position + done);
      if (bytesRead === 0) throw new RangeError(`${path} ends ${length - done} bytes early`);
      done += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}
