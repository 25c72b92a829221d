import { type ReactNode, useCallback, useMemo, useRef, useState } from "react";
import type { DrawnShape } from "../api";
import { bytes, whole } from "../format";
import { Bars } from "../parts/answer-panel";
import { LabelChoice, ModelChoice } from "../parts/asking-parts";
import { Button, Empty, Notice, Select } from "../parts/basics";
import { useDroppedFiles } from "../parts/drop-zone";
import { Icon } from "../parts/icons";
import { ShapeStage } from "../parts/shape-stage";
import { type Said, sayingOf, spoken } from "../said";
import { useServer } from "../server";
import { type Outcome, type ShapeAskingState, useShape, useShapeAsking } from "../use-shape";
import { useWords } from "../words";
import "./shapes.css";

/** Endings of the files that the server reads; text files may be anything and are no less welcome. */
const ENDINGS = ".ply,.obj,.off,.xyz,.pts,.txt,.csv,.npy,.pcd,.stl,.glb";

/** Made shapes to try with, and the labels that they are told apart by. */
const SAMPLES = ["chair", "bottle", "lamp", "sofa", "bowl", "airplane"];
const SAMPLE_LABELS = [...SAMPLES, "table", "car", "guitar"];

/** A point cloud or mesh, its views, and which words fit. */
export default function ShapesView(): ReactNode {
  const words = useWords();
  const state = useShapeAsking(words.code);
  const [file, setFile] = useState<File>();
  const [refused, setRefused] = useState<Said>();
  const { drawn, answer } = useShape(file, state);
  const { info } = useServer();
  const most = info?.limits.bodyBytes;
  const take = useCallback(
    (files: Iterable<File>): void => {
      const [first] = files;
      if (!first) return;
      const isLarge = most !== undefined && first.size >= most;
      setRefused(isLarge ? { code: "points.too-large", message: bytes(most, words.code) } : undefined);
      setFile(isLarge ? undefined : first);
    },
    [most, words],
  );
  const error = refused ?? drawn.error;
  return (
    <div className={`view try shapes ${file && state.request ? "answered" : ""}`}>
      <section className="panel" aria-label={words.shapes.title}>
        <ShapeSource
          file={file}
          onTake={take}
          onSample={(sample) => {
            if (state.request === undefined) state.change({ labels: SAMPLE_LABELS, labelSet: "" });
            take([sample]);
          }}
          onGone={() => {
            setRefused(undefined);
            setFile(undefined);
          }}
        />
        {error && <Problem said={error} />}
        {file && !error && <Stage file={file} drawn={drawn} />}
      </section>
      <section className="panel labels-panel" aria-label={words.labels.title}>
        <ShapeAskingPanel state={state} />
      </section>
      <section className="panel answer-panel" aria-label={words.answer.title} aria-live="polite">
        <h2>{words.answer.title}</h2>
        {answer.error && <Problem said={answer.error} />}
        {answer.value && !answer.error && (
          <div className={`shape-answer ${answer.busy ? "busy" : ""}`}>
            <Bars answer={{ ...answer.value, image: answer.value.shape, ms: answer.ms, key: "" }} />
            <p className="hint row between">
              <span>{answer.value.calibrated && words.answer.calibrated[answer.value.calibrated]}</span>
              <span className="digits">{words.answer.time(answer.ms.toFixed(0))}</span>
            </p>
          </div>
        )}
        {!answer.value && !answer.error && (
          <Empty icon="shapes" title={answerWords(error ? undefined : file, state, words)} />
        )}
      </section>
    </div>
  );
}

function answerWords(
  file: File | undefined,
  { request }: ShapeAskingState,
  { shapes, labels }: ReturnType<typeof useWords>,
): string {
  if (!file) return shapes.pick;
  return request ? shapes.working : labels.empty;
}

/** What is wrong, in the page's language, with the server's own sentence where it says more. */
function Problem({ said }: { readonly said: Said }): ReactNode {
  const words = useWords();
  const told = spoken(said, words);
  return (
    <Notice kind="error">
      <p>{told}</p>
      {told !== said.message && <p className="detail">{said.message}</p>}
    </Notice>
  );
}

/** Where a shape comes from: dropped anywhere on the page, chosen, or made by the server. */
function ShapeSource({
  file,
  onTake,
  onSample,
  onGone,
}: {
  readonly file: File | undefined;
  readonly onTake: (files: Iterable<File>) => void;
  readonly onSample: (file: File) => void;
  readonly onGone: () => void;
}): ReactNode {
  const words = useWords();
  const { api, noticed } = useServer();
  const chooser = useRef<HTMLInputElement>(null);
  const next = useRef(0);
  const [over, setOver] = useState(false);
  const [failed, setFailed] = useState<Said>();
  useDroppedFiles(onTake, setOver);
  const sample = async (): Promise<void> => {
    setFailed(undefined);
    const count = next.current++;
    try {
      onSample(
        await api.points.sample(SAMPLES[count % SAMPLES.length]!, {
          seed: 1 + Math.floor(count / SAMPLES.length),
        }),
      );
    } catch (error) {
      if (!noticed(error)) setFailed(sayingOf(error));
    }
  };
  return (
    <div className="source">
      <div className={`drop ${over ? "over" : ""} ${file ? "compact" : ""}`}>
        {!file && (
          <>
            <Icon name="upload" size={30} />
            <p className="drop-title">{words.shapes.drop}</p>
            <p className="hint">{words.shapes.hint}</p>
          </>
        )}
        <div className="row">
          <Button icon="upload" kind={file ? "plain" : "main"} onClick={() => chooser.current?.click()}>
            {words.shapes.choose}
          </Button>
          <Button icon="shapes" onClick={() => void sample()}>
            {file ? words.shapes.another : words.shapes.sample}
          </Button>
          {file && (
            <Button icon="trash" kind="quiet" onClick={onGone}>
              {words.shapes.clear}
            </Button>
          )}
        </div>
        <input
          ref={chooser}
          type="file"
          accept={ENDINGS}
          hidden
          aria-label={words.shapes.choose}
          onChange={(event) => {
            onTake([...(event.target.files ?? [])]);
            event.target.value = "";
          }}
        />
      </div>
      {failed && <Problem said={failed} />}
    </div>
  );
}

/** The shape in space, what is known of it, and its views. */
function Stage({ file, drawn }: { readonly file: File; readonly drawn: Outcome<DrawnShape> }): ReactNode {
  const words = useWords();
  const { value } = drawn;
  const { views = [], points = 0, faces = 0, warnings = [] } = value ?? {};
  const { positions } = value?.outline ?? {};
  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn in another way it is the same shape, and stays as it was turned.
  const outline = useMemo(() => value?.outline, [positions]);
  return (
    <>
      <figure className="stage">
        {outline ? <ShapeStage outline={outline} /> : <div className="shape-stage" aria-busy="true" />}
        <figcaption>
          <span className="file-name" dir="auto">
            {file.name}
          </span>
          <span className="quiet-text">
            {value &&
              (faces > 0
                ? words.shapes.triangles(whole(faces, words.code))
                : words.shapes.points(whole(points, words.code)))}
          </span>
        </figcaption>
      </figure>
      {warnings.map(({ code, message }) => (
        <Notice key={code}>{message}</Notice>
      ))}
      <p className="hint">{words.shapes.keys}</p>
      <h2>{words.shapes.views}</h2>
      <ul className={`shape-views ${drawn.busy ? "busy" : ""}`}>
        {views.map(({ name, image }) => (
          <li key={name}>
            <img src={image} alt={words.shapes.viewOf(viewName(name, words))} width="224" height="224" />
            <span>{viewName(name, words)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

function viewName(name: string, { shapes: { viewNames } }: ReturnType<typeof useWords>): string {
  return Object.hasOwn(viewNames, name) ? viewNames[name as keyof typeof viewNames] : name;
}

/** Labels, and how shapes are drawn. */
function ShapeAskingPanel({ state }: { readonly state: ShapeAskingState }): ReactNode {
  const words = useWords();
  const { asking, change } = state;
  return (
    <>
      <LabelChoice asking={asking} change={change} empty={words.shapes.labelsEmpty} example={SAMPLE_LABELS} />
      <details className="options">
        <summary>{words.options.title}</summary>
        <div className="grid">
          <ModelChoice asking={asking} change={change} />
          <Select
            label={words.shapes.style}
            value={asking.style}
            options={[
              ["auto", words.shapes.styles.auto],
              ["shaded", words.shapes.styles.shaded],
              ["mesh", words.shapes.styles.mesh],
              ["realistic", words.shapes.styles.realistic],
              ["plain", words.shapes.styles.plain],
            ]}
            onChange={(style) => change({ style })}
          />
          <Select
            label={words.shapes.count}
            value={asking.views}
            options={[
              ["10", words.shapes.counts[10]],
              ["8", words.shapes.counts[8]],
              ["6", words.shapes.counts[6]],
            ]}
            onChange={(views) => change({ views })}
          />
          <Select
            label={words.shapes.up}
            value={asking.up}
            options={[
              ["", words.shapes.upAuto],
              ["z", "z"],
              ["y", "y"],
            ]}
            onChange={(up) => change({ up })}
          />
        </div>
      </details>
    </>
  );
}
