import { type FormEvent, type ReactNode, useCallback, useEffect, useState } from "react";
import type { Evaluation, EvaluationList } from "../api";
import { moment, percent, rate, whole } from "../format";
import { usePolled } from "../poll";
import { spoken } from "../said";
import { useServer } from "../server";
import { useWords } from "../words";
import { Button, CopyButton, IconButton, Notice, Select } from "./basics";

type Asked = Parameters<ReturnType<typeof useServer>["api"]["evaluations"]["start"]>[0];

const runs = ({ evaluations }: EvaluationList): boolean =>
  evaluations.some(({ state }) => state === "running");
const COMMAND = "zeroclip serve --eval-folders pictures/";

/** Measurements on labelled folders of the server: started here, watched, and their reports opened. */
export function Evaluations(): ReactNode {
  const words = useWords();
  const { api } = useServer();
  const read = useCallback(() => api.evaluations.list(), [api]);
  const { value, error, act } = usePolled(read, runs);
  if (error?.code === "server.not-found" && value === undefined) return null;
  return (
    <section className="panel wide evaluations" aria-label={words.evaluations.title}>
      <div>
        <h2>{words.evaluations.title}</h2>
        <p className="hint">{words.evaluations.hint}</p>
      </div>
      {value && !value.allowed && (
        <div className="command">
          <span className="hint">{words.evaluations.off}</span>
          <code>{COMMAND}</code>
          <CopyButton text={COMMAND} />
        </div>
      )}
      {value?.allowed && (
        <StartForm busy={runs(value)} onStart={(asked) => void act(() => api.evaluations.start(asked))} />
      )}
      {error && <Notice kind="error">{spoken(error, words)}</Notice>}
      {value?.allowed && value.evaluations.length === 0 && (
        <p className="quiet-text">{words.evaluations.none}</p>
      )}
      {value && value.evaluations.length > 0 && (
        <ul className="rows">
          {value.evaluations.map((one) => (
            <li key={one.id}>
              <Entry evaluation={one} onRemove={() => void act(() => api.evaluations.remove(one.id))} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** Some of a few, as buttons that stay pressed. */
function Toggles({
  label,
  options,
  chosen,
  onChange,
}: {
  readonly label: string;
  readonly options: readonly (readonly [value: string, words: string])[];
  readonly chosen: readonly string[];
  readonly onChange: (chosen: readonly string[]) => void;
}): ReactNode {
  return (
    <fieldset className="field toggles">
      <legend>{label}</legend>
      <div className="row">
        {options.map(([value, words]) => {
          const pressed = chosen.includes(value);
          const next = pressed ? chosen.filter((one) => one !== value) : [...chosen, value];
          return (
            <button
              key={value}
              type="button"
              className="toggle"
              aria-pressed={pressed}
              onClick={() => next.length > 0 && onChange(next)}
            >
              {words}
            </button>
          );
        })}
      </div>
    </fieldset>
  );
}

function StartForm({
  busy,
  onStart,
}: {
  readonly busy: boolean;
  readonly onStart: (asked: Asked) => void;
}): ReactNode {
  const words = useWords();
  const { api, present: models, sets, info, noticed } = useServer();
  const [folders, setFolders] = useState<readonly string[]>();
  const [folder, setFolder] = useState("");
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [prompts, setPrompts] = useState<readonly string[]>(["model"]);
  const [labelSet, setLabelSet] = useState("");
  useEffect(() => {
    api.evaluations.folders().then(setFolders, (error: unknown) => void noticed(error));
  }, [api, noticed]);
  const at = folder === "" ? (folders?.[0] ?? "") : folder;
  const usual = models.find((model) => model.default)?.id;
  const asked = chosen.length === 0 && usual !== undefined ? [usual] : chosen;
  if (folders?.length === 0) return <Notice>{words.evaluations.noFolder}</Notice>;
  const send = (event: FormEvent): void => {
    event.preventDefault();
    onStart({
      folder: at,
      models: [...asked],
      prompts: [...prompts],
      ...(labelSet === "" ? {} : { labelSet }),
    });
  };
  return (
    <form className="start" onSubmit={send}>
      <div className="grid wide-fields">
        <Select
          label={words.evaluations.folder}
          value={at}
          options={(folders ?? []).map((name) => [name, name])}
          onChange={setFolder}
        />
        <Select
          label={words.evaluations.labelSet}
          value={labelSet}
          options={[["", words.evaluations.folderNames], ...sets.map(({ name }) => [name, name] as const)]}
          onChange={setLabelSet}
        />
      </div>
      <Toggles
        label={words.evaluations.models}
        options={models.map(({ id }) => [id, id])}
        chosen={asked}
        onChange={setChosen}
      />
      <Toggles
        label={words.evaluations.prompts}
        options={[
          ["model", words.evaluations.ownPrompts],
          ...(info?.domains ?? []).map((name) => [name, name] as const),
        ]}
        chosen={prompts}
        onChange={setPrompts}
      />
      <div className="row">
        <Button type="submit" kind="main" disabled={busy || at === ""}>
          {words.evaluations.start}
        </Button>
      </div>
    </form>
  );
}

function Entry({
  evaluation,
  onRemove,
}: {
  readonly evaluation: Evaluation;
  readonly onRemove: () => void;
}): ReactNode {
  const words = useWords();
  const { id, state, created, asked, figures, report, error } = evaluation;
  return (
    <>
      <div className="row between">
        <span>
          <strong>{asked?.folder ?? id}</strong>{" "}
          <span className="quiet-text digits">
            {moment(created, words.code)}
            {!asked && ` · ${words.evaluations.foreign}`}
          </span>
        </span>
        <span className="row">
          {report !== undefined && (
            <a className="button" href={report} target="_blank" rel="noopener noreferrer">
              {words.evaluations.open}
            </a>
          )}
          {state === "running" ? (
            <Button onClick={onRemove}>{words.evaluations.cancel}</Button>
          ) : (
            <IconButton icon="trash" label={words.evaluations.remove} onClick={onRemove} />
          )}
        </span>
      </div>
      {state === "running" && <Running evaluation={evaluation} />}
      {state === "cancelled" && <p className="hint">{words.evaluations.cancelled}</p>}
      {error && <Notice kind="error">{spoken(error, words)}</Notice>}
      {figures && <FiguresTable figures={figures} />}
    </>
  );
}

function Running({ evaluation: { progress } }: { readonly evaluation: Evaluation }): ReactNode {
  const words = useWords();
  if (!progress) return null;
  const { stage, model, done, total } = progress;
  const told = `${words.evaluations.stages[stage]}${model === undefined ? "" : ` · ${model}`}`;
  return (
    <div className="job">
      <span className="quiet-text digits">
        {told}
        {total !== undefined && ` · ${words.pictures.working(done, total)}`}
      </span>
      <progress
        aria-label={told}
        {...(total === undefined ? {} : { value: done, max: Math.max(1, total) })}
      />
    </div>
  );
}

function FiguresTable({ figures }: { readonly figures: NonNullable<Evaluation["figures"]> }): ReactNode {
  const words = useWords();
  const { columns, ownPrompts, cached } = words.evaluations;
  const { code } = words;
  const shares = figures.map(({ top1 }) => top1);
  // Where all are the same none of them is the best.
  const best = new Set(shares).size > 1 ? Math.max(...shares) : undefined;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys.
    <section className="scroll" tabIndex={0} aria-label={columns.top1}>
      <table className="figures-table">
        <thead>
          <tr>
            <th scope="col">{columns.model}</th>
            <th scope="col">{columns.prompts}</th>
            <th scope="col" className="number">
              {columns.top1}
            </th>
            <th scope="col" className="number">
              {columns.top5}
            </th>
            <th scope="col" className="number">
              {columns.images}
            </th>
            <th scope="col" className="number">
              {columns.speed}
            </th>
          </tr>
        </thead>
        <tbody>
          {figures.map(({ model, prompts, top1, top5, images, imagesPerSecond }) => (
            <tr key={`${model} ${prompts}`} className={top1 === best ? "best" : ""}>
              <td data-column={columns.model}>{model}</td>
              <td data-column={columns.prompts}>{prompts === "model" ? ownPrompts : prompts}</td>
              <td className="number" data-column={columns.top1}>
                {percent(top1, code)}
              </td>
              <td className="number" data-column={columns.top5}>
                {percent(top5, code)}
              </td>
              <td className="number" data-column={columns.images}>
                {whole(images, code)}
              </td>
              <td className="number" data-column={columns.speed}>
                {imagesPerSecond === null ? cached : rate(imagesPerSecond, code)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
