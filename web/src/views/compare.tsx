import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { ClassifyOptions } from "../api";
import type { AskingState } from "../asking";
import { type Answers, useAnswers } from "../classify";
import { Button, Empty, Notice } from "../parts/basics";
import { Cell, Figures, Truth, type Way, WayFields } from "../parts/compare-cells";
import { Evaluations } from "../parts/evaluations";
import type { PagePicture, Pictures } from "../pictures";
import { spoken } from "../said";
import { useServer } from "../server";
import { useWords } from "../words";

const MOST_WAYS = 4;
const NOTHING: Answers = { byPicture: new Map(), busy: undefined, error: undefined, version: undefined };

/** Sets and "none of these" as calibrated are left out: not every column's model was calibrated for these labels. */
function requestOf(base: ClassifyOptions, { model, domain, template }: Way): ClassifyOptions {
  const { model: _, domain: __, templates: ___, coverage: ____, abstain, ...rest } = base;
  return {
    ...rest,
    ...(typeof abstain === "number" ? { abstain } : {}),
    ...(model === "" ? {} : { model }),
    ...(domain === "" ? {} : { domain }),
    ...(template.includes("{}") ? { templates: [template] } : {}),
  };
}

/** The same pictures and labels by several models or prompts. */
export function CompareView({
  pictures,
  state,
}: {
  readonly pictures: Pictures;
  readonly state: AskingState;
}): ReactNode {
  const words = useWords();
  const { present: models } = useServer();
  const { asking, request } = state;
  const [ways, setWays] = useState<readonly Way[]>(() => [
    { id: "0", model: asking.model, domain: asking.domain, template: asking.template },
    models[1]
      ? { id: "1", model: models[1].id, domain: "", template: "" }
      : { id: "1", model: "", domain: "", template: "a photo of a {}." },
  ]);
  const [answers, setAnswers] = useState<ReadonlyMap<string, Answers>>(new Map());
  const [differing, setDiffering] = useState(false);
  const next = useRef(2);
  const told = useCallback(
    (way: string, found: Answers) => setAnswers((last) => new Map([...last, [way, found]])),
    [],
  );
  if (pictures.list.length === 0 || request === undefined)
    return (
      <div className="view compare">
        <section className="panel wide">
          <Empty icon="compare" title={words.compare.empty}>
            <a className="button main" href="#/try">
              {words.compare.goTry}
            </a>
          </Empty>
        </section>
        <Evaluations />
      </div>
    );
  const firsts = (picture: PagePicture): (string | undefined)[] =>
    ways.map(({ id }) => answers.get(id)?.byPicture.get(picture.id)?.predictions[0]?.label);
  const differs = (picture: PagePicture): boolean =>
    new Set(firsts(picture).filter((label) => label !== undefined)).size > 1;
  const shown = differing ? pictures.list.filter(differs) : pictures.list;
  return (
    <div className="view compare">
      <section className="panel wide">
        <div className="row between">
          <div>
            <h2>{words.compare.title}</h2>
            <p className="hint">{words.compare.hint}</p>
          </div>
          <div className="row compare-tools">
            <label className="check">
              <input
                type="checkbox"
                checked={differing}
                onChange={(event) => setDiffering(event.target.checked)}
              />
              {words.compare.differ}
            </label>
            <Button
              icon="plus"
              disabled={ways.length === MOST_WAYS}
              onClick={() =>
                setWays([...ways, { id: String(next.current++), model: "", domain: "", template: "" }])
              }
            >
              {words.compare.add}
            </Button>
          </div>
        </div>
        {ways.map((way) => (
          <Asked key={way.id} way={way} request={request} pictures={pictures.list} onAnswers={told} />
        ))}
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys. */}
        <section className="scroll" tabIndex={0} aria-label={words.compare.title}>
          <table className="compared">
            <thead>
              <tr>
                <th scope="col">{words.compare.picture}</th>
                {ways.map((way, i) => (
                  <th key={way.id} scope="col">
                    <WayFields
                      title={words.compare.column(i + 1)}
                      way={way}
                      onChange={(changed) => setWays(ways.map((one) => (one.id === way.id ? changed : one)))}
                      onRemove={
                        ways.length > 2 ? () => setWays(ways.filter(({ id }) => id !== way.id)) : undefined
                      }
                    />
                  </th>
                ))}
              </tr>
              <tr className="figures">
                <th scope="row">{words.compare.agreement}</th>
                {ways.map((way, i) => (
                  <td key={way.id}>
                    <Figures
                      answers={answers.get(way.id) ?? NOTHING}
                      first={answers.get(ways[0]!.id) ?? NOTHING}
                      truths={pictures.truths}
                      isFirst={i === 0}
                    />
                  </td>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.map((picture) => (
                <tr key={picture.id} className={differs(picture) ? "differs" : ""}>
                  <th scope="row">
                    <img src={picture.url} alt={picture.name} loading="lazy" width="56" height="56" />
                    <Truth
                      picture={picture}
                      pictures={pictures}
                      answers={answers.get(ways[0]!.id) ?? NOTHING}
                    />
                  </th>
                  {ways.map(({ id }) => (
                    <Cell
                      key={id}
                      answers={answers.get(id)}
                      picture={picture}
                      truth={pictures.truths.get(picture.id)}
                    />
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
        {differing && shown.length === 0 && <p className="hint">{words.compare.allAgree}</p>}
      </section>
      <Evaluations />
    </div>
  );
}

/** Asks for one column; hooks can't stand in a loop, components can. */
function Asked({
  way,
  request,
  pictures,
  onAnswers,
}: {
  readonly way: Way;
  readonly request: ClassifyOptions;
  readonly pictures: readonly PagePicture[];
  readonly onAnswers: (way: string, answers: Answers) => void;
}): ReactNode {
  const asked = useMemo(() => requestOf(request, way), [request, way]);
  const answers = useAnswers(pictures, asked);
  useEffect(() => onAnswers(way.id, answers), [onAnswers, way.id, answers]);
  const words = useWords();
  return answers.error && <Notice kind="error">{spoken(answers.error, words)}</Notice>;
}
