/** What a camera wrote into a picture, as far as it is searched by. */
export interface ExifFacts {
  /** ms since 1970; where no zone is named, as UTC. */
  readonly taken: number | null;
  /** Degrees, north and east above 0; both or none. */
  readonly latitude: number | null;
  readonly longitude: number | null;
  /** Maker and model. */
  readonly camera: string | null;
}

export const NO_EXIF: ExifFacts = { taken: null, latitude: null, longitude: null, camera: null };

/** Entries of a directory: cameras write some dozens. */
const MOST_ENTRIES = 1_000;
/** Characters of a text that is read: names and dates. */
const MOST_TEXT = 200;

const TAGS = { make: 0x10f, model: 0x110, changed: 0x132, photo: 0x8769, gps: 0x8825 } as const;
const PHOTO = { taken: 0x9003, digitised: 0x9004, zone: 0x9010, zoneTaken: 0x9011 } as const;
const GPS = { latitudeSide: 1, latitude: 2, longitudeSide: 3, longitude: 4 } as const;

/** Bytes of a value by its type: byte, text, short, long, rational. */
const SIZES: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8 };

/** Where the value of a tag lies, its type and how many there are. */
interface Entry {
  readonly type: number;
  readonly count: number;
  readonly at: number;
}

/** A TIFF header and its directories. Reading outside raises RangeError. */
class Tiff {
  readonly #view: DataView;
  readonly #little: boolean;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#little = this.#view.getUint16(0) === 0x4949;
    const isTiff = this.#little || this.#view.getUint16(0) === 0x4d4d;
    if (!isTiff || this.#short(2) !== 42) throw new RangeError("no TIFF header");
  }

  #short(at: number): number {
    return this.#view.getUint16(at, this.#little);
  }

  #long(at: number): number {
    return this.#view.getUint32(at, this.#little);
  }

  get first(): number {
    return this.#long(4);
  }

  directory(at: number): Map<number, Entry> {
    const entries = new Map<number, Entry>();
    const count = Math.min(this.#short(at), MOST_ENTRIES);
    for (let i = 0; i < count && at + 14 + 12 * i <= this.#view.byteLength; i++) {
      const start = at + 2 + 12 * i;
      const [type, values] = [this.#short(start + 2), this.#long(start + 4)];
      const inside = (SIZES[type] ?? 8) * values <= 4;
      const where = inside ? start + 8 : this.#long(start + 8);
      entries.set(this.#short(start), { type, count: values, at: where });
    }
    return entries;
  }

  /** Another directory, where the entry names one. */
  at(entry: Entry | undefined): Map<number, Entry> {
    return entry?.type === 4 ? this.directory(this.#long(entry.at)) : new Map();
  }

  text(entry: Entry | undefined): string {
    if (entry?.type !== 2) return "";
    const length = Math.min(entry.count, MOST_TEXT, this.#view.byteLength - entry.at);
    if (length <= 0) return "";
    const bytes = new Uint8Array(this.#view.buffer, this.#view.byteOffset + entry.at, length);
    const [text = ""] = new TextDecoder().decode(bytes).split("\0", 1);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: damaged names
    return text.replaceAll(/[\x00-\x1f\x7f-\x9f\ufffd]/g, " ").trim();
  }

  /** Degrees, minutes and seconds → degrees; NaN where they are none. */
  degrees(entry: Entry | undefined): number {
    if (entry?.type !== 5 || entry.count < 1) return Number.NaN;
    let degrees = 0;
    for (let i = 0; i < Math.min(3, entry.count); i++) {
      const [above, below] = [this.#long(entry.at + 8 * i), this.#long(entry.at + 8 * i + 4)];
      if (above !== 0) degrees += above / below / 60 ** i;
    }
    return degrees;
  }
}

/** What part of the bytes can be read; what can't is left out. */
function orElse<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

/** `2024:05:01 12:30:00` and `+02:00` → ms; null where that is no date. */
function dateOf(text: string, zone: string): number | null {
  const parts = /^(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)/.exec(text);
  if (!parts) return null;
  const offset = /^[+-]\d\d:\d\d$/.test(zone) ? zone : "Z";
  const [, year, month, day, hour, minute, second] = parts;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${offset}`);
  return Number.isNaN(time) ? null : time;
}

/** `Canon` and `Canon EOS R5` → `Canon EOS R5`. */
function cameraOf(make: string, model: string): string | null {
  const camera = model.toLowerCase().startsWith(make.toLowerCase()) ? model : `${make} ${model}`;
  return camera.trim() || null;
}

/**
 * EXIF data as pictures carry it (with or without `Exif\0\0` before the TIFF header) → what is searched by. Never raises: what is
 * damaged is null. Only the few tags that are needed are read, each to a bound, so that data made to harm costs nothing.
 */
export function exifFacts(data: Uint8Array): ExifFacts {
  const hasMark = String.fromCharCode(...data.subarray(0, 4)) === "Exif";
  const tiff = orElse(() => new Tiff(hasMark ? data.subarray(6) : data), undefined);
  if (!tiff) return NO_EXIF;
  const none = new Map<number, Entry>();
  const main = orElse(() => tiff.directory(tiff.first), none);
  const photo = orElse(() => tiff.at(main.get(TAGS.photo)), none);
  const gps = orElse(() => tiff.at(main.get(TAGS.gps)), none);
  const text = (from: Map<number, Entry>, tag: number): string => orElse(() => tiff.text(from.get(tag)), "");
  const side = (tag: number, sideTag: number, minus: string): number => {
    const degrees = orElse(() => tiff.degrees(gps.get(tag)), Number.NaN);
    return text(gps, sideTag).toUpperCase() === minus ? -degrees : degrees;
  };
  const latitude = side(GPS.latitude, GPS.latitudeSide, "S");
  const longitude = side(GPS.longitude, GPS.longitudeSide, "W");
  const isPlace = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
  return {
    taken:
      dateOf(text(photo, PHOTO.taken), text(photo, PHOTO.zoneTaken)) ??
      dateOf(text(photo, PHOTO.digitised), text(photo, PHOTO.zone)) ??
      dateOf(text(main, TAGS.changed), text(photo, PHOTO.zone)),
    latitude: isPlace ? latitude : null,
    longitude: isPlace ? longitude : null,
    camera: cameraOf(text(main, TAGS.make), text(main, TAGS.model)),
  };
}
