import { type KeyboardEvent, type ReactNode, useState } from "react";
import type { ClassifyOptions } from "../api";
import type { AskingState } from "../asking";
import { type Answer, useAnswers } from "../classify";
import { percent } from "../format";
import { Bars, Compared } from "../parts/answer-panel";
import { AskingPanel } from "../parts/asking-panel";
import { Button, Empty, IconButton, Notice } from "../parts/basics";
import { CODE_KINDS, CodeDialog, classifyCode } from "../parts/code-dialog";
import { PictureSource } from "../parts/drop-zone";
import { PictureStage } from "../parts/picture-stage";
import type { PagePicture, Pictures } from "../pictures";
import { usePlatform } from "../platform";
import { spoken } from "../said";
import { SAMPLE_LABELS } from "../samples";
import { useWords } from "../words";

/** Pictures, words, and which fit. */
export function TryView({
  pictures,
  state,
}: {
  readonly pictures: Pictures;
  readonly state: AskingState;
}): ReactNode {
  const words = useWords();
  const { request } = state;
  const answers = useAnswers(pictures.list, request);
  const [chosen, setChosen] = useState<string>();
  const current = pictures.list.find(({ id }) => id === chosen) ?? pictures.list[0];
  const many = pictures.list.length > 1;
  return (
    <div className={`view try ${current && request ? "answered" : ""}`}>
      <section className="panel pictures-panel" aria-label={words.pictures.title}>
        <PictureSource
          pictures={pictures}
          compact={pictures.list.length > 0}
          onSamples={() => request === undefined && state.change({ labels: SAMPLE_LABELS, labelSet: "" })}
        />
        {current && (
          <PictureStage picture={current} answer={answers.byPicture.get(current.id)} asked={request} />
        )}
        {many && (
          <>
            <div className="row between">
              <span className="quiet-text">{words.pictures.count(pictures.list.length)}</span>
              {answers.busy && <Working {...answers.busy} />}
            </div>
            <Thumbnails
              pictures={pictures}
              current={current!.id}
              answers={answers.byPicture}
              onChoose={setChosen}
            />
          </>
        )}
      </section>
      <section className="panel labels-panel" aria-label={words.labels.title}>
        <AskingPanel state={state} />
      </section>
      <section className="panel answer-panel" aria-label={words.answer.title} aria-live="polite">
        <AnswerOf picture={current} answers={answers} asked={request} state={state} />
      </section>
    </div>
  );
}

function Working({ done, all }: { readonly done: number; readonly all: number }): ReactNode {
  const words = useWords();
  return (
    <span className="working">
      <progress value={done} max={all} aria-label={words.pictures.working(done, all)} />
      <span className="quiet-text">{words.pictures.working(done, all)}</span>
    </span>
  );
}

function AnswerOf({
  picture,
  answers,
  asked,
  state,
}: {
  readonly picture: PagePicture | undefined;
  readonly answers: ReturnType<typeof useAnswers>;
  readonly asked: ClassifyOptions | undefined;
  readonly state: AskingState;
}): ReactNode {
  const words = useWords();
  const { local } = usePlatform();
  const [code, setCode] = useState(false);
  const answer = picture && answers.byPicture.get(picture.id);
  return (
    <>
      <h2>{words.answer.title}</h2>
      {answers.error && <AskingError answers={answers} state={state} />}
      {answer?.error && <Notice kind="error">{spoken(answer.error, words)}</Notice>}
      {!answer && answers.error === undefined && picture && asked && (
        <Waiting rows={asked.labels?.length ?? MOST_WAITING} />
      )}
      {(!picture || !asked) && <Empty icon="try" title={picture ? words.labels.empty : words.answer.pick} />}
      {answer && !answer.error && asked && (
        <>
          <Bars answer={answer} />
          {answer.set && asked.coverage !== undefined && (
            <p className="hint">{words.answer.set(percent(asked.coverage, words.code), answer.set.length)}</p>
          )}
          <p className="hint row between">
            <span>{answer.calibrated && words.answer.calibrated[answer.calibrated]}</span>
            <span className="digits">{words.answer.time(answer.ms.toFixed(0))}</span>
          </p>
          <Compared answer={answer} asked={asked} />
          <Button icon="code" onClick={() => setCode(true)}>
            {words.answer.code}
          </Button>
          {code && (
            <CodeDialog
              codeOf={local ? () => local.code(asked) : (...as) => classifyCode(asked, ...as)}
              kinds={local ? ["TypeScript"] : CODE_KINDS}
              hint={words.codeDialog.hint}
              onClose={() => setCode(false)}
            />
          )}
        </>
      )}
    </>
  );
}

/** What is wrong with the question; what a model is not calibrated for is switched off with one press. */
function AskingError({
  answers: { error },
  state,
}: {
  readonly answers: ReturnType<typeof useAnswers>;
  readonly state: AskingState;
}): ReactNode {
  const words = useWords();
  if (!error?.code.startsWith("calibrate."))
    return <Notice kind="error">{error && spoken(error, words)}</Notice>;
  return (
    <Notice>
      <p>{words.problems["calibrate.none"]}</p>
      <div className="row">
        <Button onClick={() => state.change({ none: Math.max(0, state.asking.none), coverage: 0 })}>
          {words.answer.turnOff}
        </Button>
      </div>
    </Notice>
  );
}

/** As many as an answer shows at first. */
const MOST_WAITING = 8;

/** Grey bars of the size that the answer will have. */
function Waiting({ rows }: { readonly rows: number }): ReactNode {
  return (
    <ul className="bars waiting" aria-hidden="true">
      {Array.from({ length: Math.min(rows, MOST_WAITING) }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows without anything in them are alike.
        <li key={i} className="bar">
          <span className="bar-label" />
          <span className="bar-track" />
        </li>
      ))}
    </ul>
  );
}

function Thumbnails({
  pictures,
  current,
  answers,
  onChoose,
}: {
  readonly pictures: Pictures;
  readonly current: string;
  readonly answers: ReadonlyMap<string, Answer>;
  readonly onChoose: (id: string) => void;
}): ReactNode {
  const words = useWords();
  const { list } = pictures;
  const pressed = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const at = list.findIndex(({ id }) => id === current);
    const next = step === undefined ? undefined : list[at + step];
    if (!next) return;
    event.preventDefault();
    onChoose(next.id);
    document.querySelector<HTMLElement>(`#picture-${CSS.escape(next.id)} .thumbnail`)?.focus();
  };
  return (
    <ul className="thumbnails" onKeyDown={pressed}>
      {list.map((picture) => {
        const answer = answers.get(picture.id);
        const best = answer?.predictions[0];
        return (
          <li key={picture.id} id={`picture-${picture.id}`}>
            <button
              type="button"
              className="thumbnail"
              aria-pressed={picture.id === current}
              title={picture.name}
              onClick={() => onChoose(picture.id)}
            >
              <img src={picture.url} alt={picture.name} loading="lazy" decoding="async" />
              <span className={`caption ${answer?.error ? "bad" : ""}`} dir="auto">
                {answer?.error
                  ? answer.error.code
                  : answer?.abstained
                    ? words.answer.none
                    : (best?.label ?? "\u00a0")}
              </span>
              {best && !answer?.abstained ? (
                <span className="share">{percent(best.probability, words.code)}</span>
              ) : (
                <span className="no-share">{"\u00a0"}</span>
              )}
            </button>
            <IconButton
              icon="close"
              size={13}
              label={words.remove(picture.name)}
              onClick={() => pictures.remove(picture.id)}
            />
          </li>
        );
      })}
    </ul>
  );
}
