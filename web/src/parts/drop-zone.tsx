import { type DOMAttributes, type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { droppedFiles } from "../dropped";
import { MOST_PICTURES, type Pictures, usePastedFiles } from "../pictures";
import { SAMPLES, samplePictures } from "../samples";
import { useWords } from "../words";
import { Button, Notice } from "./basics";
import { CameraDialog } from "./camera-dialog";
import { Icon } from "./icons";

/** Where pictures come from: dropped anywhere on the page, pasted, chosen, taken. */
export function PictureSource({
  pictures,
  compact,
  onSamples,
}: {
  readonly pictures: Pictures;
  readonly compact: boolean;
  /** Offers the sample pictures; called once they are there. */
  readonly onSamples?: () => void;
}): ReactNode {
  const words = useWords();
  const chooser = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [camera, setCamera] = useState(false);
  const [said, setSaid] = useState<readonly string[]>([]);
  const { add } = pictures;
  const take = useCallback(
    (files: Iterable<File>): void => {
      const { refused, full } = add(files);
      setSaid([
        ...refused.slice(0, 3).map(words.pictures.notPicture),
        ...(full ? [words.pictures.tooMany(MOST_PICTURES)] : []),
      ]);
    },
    [add, words],
  );
  usePastedFiles(take);
  useDroppedFiles(take, setOver);
  return (
    <div className="source">
      <div className={`drop ${over ? "over" : ""} ${compact ? "compact" : ""}`}>
        {!compact && (
          <>
            <Icon name="upload" size={30} />
            <p className="drop-title">{words.pictures.drop}</p>
            <p className="hint">{words.pictures.hint}</p>
          </>
        )}
        <div className="row">
          <Button
            icon={compact ? "plus" : "upload"}
            kind={compact ? "plain" : "main"}
            onClick={() => chooser.current?.click()}
          >
            {compact ? words.pictures.add : words.pictures.choose}
          </Button>
          <Button icon="camera" onClick={() => setCamera(true)}>
            {words.pictures.camera}
          </Button>
          {compact && (
            <Button icon="trash" kind="quiet" onClick={pictures.clear}>
              {words.pictures.clear}
            </Button>
          )}
        </div>
        {onSamples && !compact && (
          <Samples
            onTake={(files) => {
              take(files);
              onSamples();
            }}
          />
        )}
        <input
          ref={chooser}
          type="file"
          accept="image/*"
          multiple
          hidden
          aria-label={words.pictures.choose}
          onChange={(event) => {
            take(event.target.files ?? []);
            event.target.value = "";
          }}
        />
      </div>
      {said.length > 0 && (
        <Notice kind="error">
          {said.map((line) => (
            <p key={line}>{line}</p>
          ))}
        </Notice>
      )}
      {camera && <CameraDialog onTake={(file) => take([file])} onClose={() => setCamera(false)} />}
    </div>
  );
}

/** The pictures that ship with zeroclip, one by one or all of them. */
function Samples({ onTake }: { readonly onTake: (files: readonly File[]) => void }): ReactNode {
  const words = useWords();
  const one = (name: string): void =>
    void samplePictures().then((files) => onTake(files.filter((file) => file.name === name)));
  return (
    <div className="samples">
      <p className="hint">{words.pictures.orSample}</p>
      <ul>
        {SAMPLES.map(({ name, address }) => (
          <li key={name}>
            <button type="button" onClick={() => one(name)} aria-label={name}>
              <img src={address} alt="" width="64" height="64" />
            </button>
          </li>
        ))}
      </ul>
      <Button kind="quiet" onClick={() => void samplePictures().then(onTake)}>
        {words.pictures.sample}
      </Button>
    </div>
  );
}

/** Files dropped anywhere on the page; without this the browser would leave the page for the picture. */
export function useDroppedFiles(
  take: (files: Iterable<File>) => void,
  setOver: (over: boolean) => void,
): void {
  useEffect(() => {
    const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
    const over = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const left = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false);
    };
    const dropped = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(false);
      void droppedFiles(event.dataTransfer).then(take);
    };
    document.addEventListener("dragover", over);
    document.addEventListener("dragleave", left);
    document.addEventListener("drop", dropped);
    return () => {
      document.removeEventListener("dragover", over);
      document.removeEventListener("dragleave", left);
      document.removeEventListener("drop", dropped);
    };
  }, [take, setOver]);
}

/** Files dropped on one part of the page: they are nobody else's. */
export function dropOn(
  setOver: (over: boolean) => void,
  take: (files: Iterable<File>) => void,
): Pick<DOMAttributes<HTMLElement>, "onDragOver" | "onDragLeave" | "onDrop"> {
  return {
    onDragOver: (event) => {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop: (event) => {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      event.stopPropagation();
      setOver(false);
      void droppedFiles(event.dataTransfer).then(take);
    },
  };
}
