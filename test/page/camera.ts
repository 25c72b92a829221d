/** A second of a green picture, as Chromium's false camera reads it (YUV4MPEG2). */
export function greenCamera(): Buffer {
  const [width, height] = [320, 240];
  const plane = (value: number, share: number): Buffer => Buffer.alloc((width * height) / share, value);
  const frame = Buffer.concat([Buffer.from("FRAME\n"), plane(150, 1), plane(44, 4), plane(21, 4)]);
  const head = Buffer.from(`YUV4MPEG2 W${width} H${height} F15:1 Ip A1:1 C420jpeg\n`);
  return Buffer.concat([head, ...Array.from({ length: 15 }, () => frame)]);
}
