import { type ReactNode, useState } from "react";
import type { Classified, ClassifyOptions } from "../api";
import type { Answer } from "../classify";
import { percent } from "../format";
import { useServer } from "../server";
import { useWords } from "../words";
import { Button, Notice } from "./basics";

const FIRST_SHOWN = 8;
const MOST_SHOWN = 100;

/** A label with its bar; the bar's width is the probability. */
function Row({
  prediction,
  best,
  inSet,
}: {
  readonly prediction: Classified["predictions"][number];
  readonly best: boolean;
  readonly inSet: boolean;
}): ReactNode {
  const words = useWords();
  const { label, probability } = prediction;
  return (
    <li className={`bar ${best ? "best" : ""} ${inSet ? "in-set" : ""}`}>
      <span className="bar-label" dir="auto">
        {label}
        {inSet && <span className="badge">{words.answer.inSet}</span>}
      </span>
      <span className="bar-value">{percent(probability, words.code)}</span>
      <span className="bar-track">
        <span className="bar-fill" style={{ width: `${probability * 100}%` }} />
      </span>
    </li>
  );
}

/** Predictions as bars. */
export function Bars({ answer }: { readonly answer: Answer }): ReactNode {
  const words = useWords();
  const [all, setAll] = useState(false);
  const { predictions, abstained, set } = answer;
  const chosen = new Set(set);
  const shown = predictions.slice(0, all ? MOST_SHOWN : FIRST_SHOWN);
  const left = Math.min(MOST_SHOWN, predictions.length) - FIRST_SHOWN;
  return (
    <>
      {abstained && (
        <Notice>
          <strong>{words.answer.none}</strong> {words.answer.noneWhy}
        </Notice>
      )}
      <ul className="bars">
        {shown.map((prediction, i) => (
          <Row
            key={prediction.id ?? prediction.label}
            prediction={prediction}
            best={i === 0 && abstained !== true}
            inSet={chosen.has(prediction.label)}
          />
        ))}
      </ul>
      {left > 0 && (
        <Button kind="quiet" onClick={() => setAll(!all)}>
          {all ? words.answer.less : words.answer.more(left)}
        </Button>
      )}
    </>
  );
}

/** What a picture was compared with: each label's similarity, and the prompts behind it. */
export function Compared({
  answer,
  asked,
}: {
  readonly answer: Answer;
  readonly asked: ClassifyOptions;
}): ReactNode {
  const words = useWords();
  const { models } = useServer();
  const model = models.find(({ id }) => (asked.model === undefined ? true : id === asked.model));
  const templates = asked.templates ?? (asked.domain === undefined ? (model?.templates ?? []) : []);
  return (
    <details className="options">
      <summary>{words.answer.compared}</summary>
      {templates.length > 0 && (
        <p className="hint">
          {words.answer.prompts}
          {templates
            .slice(0, 4)
            .map((template) => template.replaceAll("{}", answer.predictions[0]?.label ?? "…"))
            .join(" · ")}
          {templates.length > 4 && ` · ${words.answer.more(templates.length - 4)}`}
        </p>
      )}
      <div className="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">{words.labels.title}</th>
              <th scope="col" className="number">
                {words.answer.similarity}
              </th>
              <th scope="col" className="number">
                {words.answer.probability}
              </th>
            </tr>
          </thead>
          <tbody>
            {answer.predictions.slice(0, MOST_SHOWN).map(({ label, similarity, probability }) => (
              <tr key={label}>
                <td dir="auto">{label}</td>
                <td className="number">{similarity.toFixed(4)}</td>
                <td className="number">{percent(probability, words.code)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
