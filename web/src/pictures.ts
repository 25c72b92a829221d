import { useCallback, useEffect, useRef, useState } from "react";

/** Pictures that are held at once. */
export const MOST_PICTURES = 500;

export interface PagePicture {
  readonly id: string;
  readonly name: string;
  readonly file: File;
  /** An address of this page, for as long as the picture is held. */
  readonly url: string;
}

export interface Pictures {
  readonly list: readonly PagePicture[];
  /** Takes the pictures among the files; gives the names of the rest. */
  add(files: Iterable<File>): { readonly refused: readonly string[]; readonly full: boolean };
  /** What pictures show, as somebody said it: by the picture's id. */
  readonly truths: ReadonlyMap<string, string>;
  /** Says what a picture shows; an empty label takes it back. */
  tell(id: string, label: string): void;
  remove(id: string): void;
  clear(): void;
}

const LIKE_PICTURES = /\.(?:jpe?g|png|webp|gif|avif|tiff?|bmp|heic|heif)$/i;

export function isPicture({ type, name }: File): boolean {
  return type.startsWith("image/") || LIKE_PICTURES.test(name);
}

/** The pictures of the page; their addresses are given back when they go. */
export function usePictures(): Pictures {
  const [list, setList] = useState<readonly PagePicture[]>([]);
  const [truths, setTruths] = useState<ReadonlyMap<string, string>>(new Map());
  const held = useRef(list);
  const set = useCallback((next: readonly PagePicture[]): void => {
    const kept = new Set(next.map(({ id }) => id));
    for (const { id, url } of held.current) if (!kept.has(id)) URL.revokeObjectURL(url);
    held.current = next;
    setList(next);
  }, []);
  const add = useCallback<Pictures["add"]>(
    (files) => {
      const [sound, refused]: [File[], string[]] = [[], []];
      for (const file of files) {
        if (isPicture(file)) sound.push(file);
        else refused.push(file.name);
      }
      const room = MOST_PICTURES - held.current.length;
      const added = sound.slice(0, room).map((file) => ({
        id: crypto.randomUUID(),
        name: file.name,
        file,
        url: URL.createObjectURL(file),
      }));
      if (added.length > 0) set([...held.current, ...added]);
      return { refused, full: sound.length > room };
    },
    [set],
  );
  const remove = useCallback((id: string) => set(held.current.filter((one) => one.id !== id)), [set]);
  const clear = useCallback(() => set([]), [set]);
  const tell = useCallback(
    (id: string, label: string) =>
      setTruths((last) => new Map([...last, [id, label] as const].filter(([, said]) => said !== ""))),
    [],
  );
  return { list, truths, tell, add, remove, clear };
}

/** Files of what was pasted anywhere on the page but into a field. */
export function usePastedFiles(take: (files: File[]) => void): void {
  useEffect(() => {
    const pasted = (event: ClipboardEvent): void => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length > 0) take(files);
    };
    document.addEventListener("paste", pasted);
    return () => document.removeEventListener("paste", pasted);
  }, [take]);
}
