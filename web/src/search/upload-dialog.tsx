import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import type { Uploaded } from "../api";
import { requestsOf } from "../classify";
import { Button, Dialog, Notice } from "../parts/basics";
import { useDroppedFiles } from "../parts/drop-zone";
import { Icon } from "../parts/icons";
import { isPicture, usePastedFiles } from "../pictures";
import { type Said, sayingOf, spoken } from "../said";
import { useServer } from "../server";
import { useWords } from "../words";
import { Picture } from "./picture";

const FAILURES_SHOWN = 5;
const SHOWN = 24;

interface Progress {
  readonly done: number;
  readonly all: number;
}

/** Adds pictures to a database: a few a request, so that it is seen how far it is. */
export function UploadDialog({
  db,
  files,
  onAdded,
  onClose,
}: {
  readonly db: string;
  /** Taken at once. */
  readonly files?: readonly File[] | undefined;
  /** Called after each request that added something. */
  readonly onAdded: () => void;
  readonly onClose: () => void;
}): ReactNode {
  const words = useWords();
  const u = words.search.upload;
  const { api, noticed } = useServer();
  const chooser = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [progress, setProgress] = useState<Progress>();
  const [told, setTold] = useState<readonly Uploaded[]>([]);
  const [error, setError] = useState<Said>();
  const take = useCallback(
    (given: Iterable<File>): void => {
      const files = [...given]
        // What else lies in a folder is left; of what was chosen by itself the server says what is wrong.
        .filter((file) => file.webkitRelativePath === "" || isPicture(file))
        .map((file) => ({ file, name: file.webkitRelativePath || file.name }));
      if (files.length === 0) return;
      const send = async (): Promise<void> => {
        setError(undefined);
        setProgress({ done: 0, all: files.length });
        let done = 0;
        for (const some of requestsOf(files)) {
          const { pictures, added } = await api.databases.upload(
            db,
            some.map(({ file, name }) => ({ picture: file, name })),
          );
          done += some.length;
          setTold((before) => [...before, ...pictures]);
          setProgress({ done, all: files.length });
          if (added > 0) onAdded();
        }
      };
      send()
        .catch((thrown: unknown) => !noticed(thrown) && setError(sayingOf(thrown)))
        .finally(() => setProgress(undefined));
    },
    [api, db, noticed, onAdded],
  );
  usePastedFiles(take);
  useDroppedFiles(take, setOver);
  const first = useRef(files);
  useEffect(() => {
    const given = first.current;
    first.current = undefined;
    if (given) take(given);
  }, [take]);
  const failed = told.filter((one) => one.error !== undefined);
  const known = told.filter((one) => one.known).length;
  const added = told.length - failed.length - known;
  const lines = new Set(failed.map(({ name, error }) => `${name}: ${spoken(error!, words)}`));
  return (
    <Dialog title={u.title} onClose={onClose}>
      <div className={`drop ${over ? "over" : ""}`}>
        <Icon name="upload" size={30} />
        <p className="drop-title">{u.drop}</p>
        <p className="hint">{u.hint}</p>
        <div className="row">
          <Button
            icon="upload"
            kind="main"
            disabled={progress !== undefined}
            onClick={() => chooser.current?.click()}
          >
            {u.choose}
          </Button>
          <Button icon="folder" disabled={progress !== undefined} onClick={() => folder.current?.click()}>
            {u.folder}
          </Button>
        </div>
        <input
          ref={folder}
          type="file"
          multiple
          hidden
          aria-label={u.folder}
          {...{ webkitdirectory: "" }}
          onChange={(event) => {
            take(event.target.files ?? []);
            event.target.value = "";
          }}
        />
        <input
          ref={chooser}
          type="file"
          accept="image/*"
          multiple
          hidden
          aria-label={u.choose}
          onChange={(event) => {
            take(event.target.files ?? []);
            event.target.value = "";
          }}
        />
      </div>
      {progress && (
        <span className="working">
          <progress value={progress.done} max={progress.all} aria-label={u.title} />
          <span className="quiet-text digits">{u.progress(progress.done, progress.all)}</span>
        </span>
      )}
      {told.length > 0 && (
        <ul className="strip uploaded">
          {told
            .flatMap(({ picture }) => picture ?? [])
            .slice(-SHOWN)
            .map(({ id, name, thumbnail }) => (
              <li key={id}>
                <Picture address={thumbnail} alt={name} />
              </li>
            ))}
        </ul>
      )}
      {error && <Notice kind="error">{spoken(error, words)}</Notice>}
      {failed.length > 0 && (
        <Notice kind="error">
          {[...lines].slice(0, FAILURES_SHOWN).map((line) => (
            <p key={line} dir="auto">
              {line}
            </p>
          ))}
        </Notice>
      )}
      {told.length > 0 && (
        <div className="row between">
          <span className="digits" role="status">
            {[
              u.added(added),
              ...(known > 0 ? [u.known(known)] : []),
              ...(failed.length > 0 ? [u.failed(failed.length)] : []),
            ].join(" · ")}
          </span>
          <Button kind="main" onClick={onClose}>
            {u.done}
          </Button>
        </div>
      )}
    </Dialog>
  );
}
