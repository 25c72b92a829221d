import { type ReactNode, useCallback, useEffect, useRef } from "react";
import type { Download, ModelEntry } from "../api";
import { bytes, percent } from "../format";
import { usePolled } from "../poll";
import { spoken } from "../said";
import { useServer } from "../server";
import { useWords } from "../words";
import { Button, CopyButton, Notice } from "./basics";

const COMMAND = "zeroclip serve --model starter,ViT-B/32@int8";

const runs = (downloads: readonly Download[]): boolean => downloads.some(({ state }) => state === "running");

/** Models that may be asked for: what they take, and how those that are not here get here. */
export function ModelsPanel(): ReactNode {
  const words = useWords();
  const { api, models, reload } = useServer();
  const read = useCallback(() => api.downloads.list(), [api]);
  const { value: downloads = [], error, act } = usePolled(read, runs);
  const running = runs(downloads);
  const ran = useRef(running);
  useEffect(() => {
    // A download that ended has made a model present.
    if (ran.current && !running) void reload();
    ran.current = running;
  }, [running, reload]);
  return (
    <section className="panel wide">
      <h2>{words.settings.models}</h2>
      <ul className="models">
        {models.map((model) => (
          <Model
            key={model.id}
            model={model}
            download={downloads.find((one) => one.model === model.id)}
            onStart={running ? undefined : () => void act(() => api.downloads.start(model.id))}
            onCancel={() => void act(() => api.downloads.cancel(model.id))}
          />
        ))}
      </ul>
      {error && error.code !== "server.not-found" && <Notice kind="error">{spoken(error, words)}</Notice>}
      <div className="command">
        <span className="hint">{words.settings.modelsHint}</span>
        <code>{COMMAND}</code>
        <CopyButton text={COMMAND} />
      </div>
    </section>
  );
}

function Model({
  model,
  download,
  onStart,
  onCancel,
}: {
  readonly model: ModelEntry;
  readonly download: Download | undefined;
  /** Undefined while another one is on its way. */
  readonly onStart: (() => void) | undefined;
  readonly onCancel: () => void;
}): ReactNode {
  const words = useWords();
  const { code } = words;
  const running = download?.state === "running";
  const facts = [
    [words.settings.precision, model.precision],
    [words.settings.memory, model.memoryBytes === undefined ? undefined : bytes(model.memoryBytes, code)],
    [
      words.settings.input,
      model.imageSize === undefined ? undefined : `${model.imageSize} × ${model.imageSize}`,
    ],
    [words.settings.dimension, model.dim],
  ].filter(([, value]) => value !== undefined);
  const away = model.present === false;
  return (
    <li>
      <div className="row between">
        <strong>{model.id}</strong>
        <span className="row">
          {model.default && <span className="badge">{words.settings.default}</span>}
          <span className={`badge ${model.loaded ? "good" : ""}`}>
            {model.loaded ? words.settings.loaded : away ? words.settings.notHere : words.settings.notLoaded}
          </span>
          {away && !running && (
            <Button icon="download" disabled={!onStart} onClick={onStart}>
              {words.settings.download}
            </Button>
          )}
        </span>
      </div>
      {facts.length > 0 && (
        <dl>
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd className="digits">{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {running && <Progress download={download} onCancel={onCancel} />}
      {away && download?.state === "failed" && download.error && (
        <Notice kind="error">{spoken(download.error, words)}</Notice>
      )}
      {away && download?.state === "cancelled" && <p className="hint">{words.settings.cancelled}</p>}
    </li>
  );
}

function Progress({
  download,
  onCancel,
}: {
  readonly download: Download;
  readonly onCancel: () => void;
}): ReactNode {
  const words = useWords();
  const { code } = words;
  const { file, received, total, bytesPerSecond } = download;
  return (
    <div className="job">
      <div className="row between">
        <span className="quiet-text digits">
          {words.settings.downloading} {file} · {bytes(received, code)}
          {total !== undefined && ` / ${bytes(total, code)} · ${percent(received / total, code)}`}
          {bytesPerSecond !== undefined && ` · ${bytes(bytesPerSecond, code)}/s`}
        </span>
        <Button onClick={onCancel}>{words.cancel}</Button>
      </div>
      <progress
        aria-label={words.settings.downloading}
        {...(total === undefined ? {} : { value: received, max: total })}
      />
    </div>
  );
}
