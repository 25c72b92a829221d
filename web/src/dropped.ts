/** Files of a drop that are looked at: far above any folder that somebody would wait for. */
const MOST_FILES = 100_000;

async function filesOf(entry: FileSystemEntry, into: File[]): Promise<void> {
  if (into.length >= MOST_FILES) return;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    // Where it lies in its folder, as a file that was chosen says it.
    Object.defineProperty(file, "webkitRelativePath", { value: entry.fullPath.slice(1) });
    into.push(file);
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A reader gives some hundred at a time, and an empty list at the end.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return;
    for (const one of some) await filesOf(one, into);
  }
}

/** The files of a drop, those of dropped folders too; called before the event is over. */
export async function droppedFiles(transfer: DataTransfer | null): Promise<File[]> {
  const entries = [...(transfer?.items ?? [])].map((item) => item.webkitGetAsEntry());
  const plain = [...(transfer?.files ?? [])];
  if (!entries.some((entry) => entry?.isDirectory)) return plain;
  const files: File[] = [];
  for (const entry of entries) if (entry) await filesOf(entry, files);
  return files;
}
