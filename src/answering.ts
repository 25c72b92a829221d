import type { EncodedImage, EncodeImagesOptions, Encoder } from "./encoder.js";
import { ClipError } from "./errors.js";
import type { ImageInput } from "./image/input.js";
import type { Embedding } from "./math/unit.js";
import type { Answer, Answerer, AnswerOptions, AppliedCalibration } from "./zeroshot/confidence/answer.js";
import type { CalibrationTarget } from "./zeroshot/confidence/target.js";
import { composeTemplates } from "./zeroshot/domains.js";
import type { Prediction } from "./zeroshot/predict.js";
import type { LabelInput } from "./zeroshot/prompts.js";
import { bestView, type ViewMode } from "./zeroshot/views.js";
import type { WeightsOptions, ZeroShotWeights } from "./zeroshot/weights.js";

export interface ClassifyOptions extends EncodeImagesOptions {
  /** Prompt templates with `{}` for the label; default: the model's. */
  readonly templates?: readonly string[];
  /** Names of kinds of pictures (`retail`, `food`, …), whose templates are used, beside `templates` where both are given. */
  readonly domain?: string | readonly string[];
  /** Of several squares the mean of their vectors (`average`, default) or the one that fits a label best. */
  readonly viewMode?: ViewMode;
  /** Predictions to return, most probable first; default all. */
  readonly top?: number;
}

export interface AnswerAllOptions extends ClassifyOptions, AnswerOptions {}

/** A loaded model. Close it with `await using` or `await clip[Symbol.asyncDispose]()`. */
export interface Clip extends Encoder, AsyncDisposable {
  /** One picture and the labels to choose from → predictions, most probable first. Raises what is wrong with the picture. */
  classify(
    image: ImageInput,
    labels: readonly LabelInput[],
    options?: ClassifyOptions,
  ): Promise<Prediction[]>;
  /** Many pictures: predictions or an error each, in order. */
  classifyAll(
    images: readonly ImageInput[],
    labels: readonly LabelInput[],
    options?: ClassifyOptions,
  ): Promise<(Prediction[] | ClipError)[]>;
  /** The same with what `options` ask for: abstaining, the set of a coverage, entropy and margin. Raises `calibrate.*` too. */
  answerAll(
    images: readonly ImageInput[],
    labels: readonly LabelInput[],
    options?: AnswerAllOptions,
  ): Promise<(Answer | ClipError)[]>;
  /** How what compares pictures with these labels, made of these prompts, becomes probabilities. */
  calibrationFor(weights: CalibrationTarget): Promise<AppliedCalibration>;
  /** Weights → what answers for pictures, for callers that encode them themselves. Raises `calibrate.*`. */
  answerer(weights: ZeroShotWeights, options?: AnswerOptions): Promise<Answerer>;
  /**
   * Labels → weights, for callers that use them more than once (`predict`). The last few sets are remembered: of a set that
   * shares labels with one of them only the others are computed.
   */
  zeroShotWeights(
    labels: readonly LabelInput[],
    templates?: readonly string[],
    options?: WeightsOptions,
  ): Promise<ZeroShotWeights>;
}

/** What answers for pictures, whatever encodes them and compares them with labels. */
export abstract class Answering
  implements Pick<Clip, "encodeImages" | "answerAll" | "classifyAll" | "classify">
{
  abstract zeroShotWeights(...asked: Parameters<Clip["zeroShotWeights"]>): Promise<ZeroShotWeights>;
  abstract answerer(...asked: Parameters<Clip["answerer"]>): Promise<Answerer>;
  abstract encodeImageStream(...asked: Parameters<Clip["encodeImageStream"]>): AsyncGenerator<EncodedImage>;

  async encodeImages(
    inputs: readonly ImageInput[],
    options?: EncodeImagesOptions,
  ): Promise<(Embedding | ClipError)[]> {
    const results: (Embedding | ClipError)[] = [];
    for await (const { result } of this.encodeImageStream(inputs, options)) results.push(result);
    return results;
  }

  async answerAll(
    images: readonly ImageInput[],
    labels: readonly LabelInput[],
    options: AnswerAllOptions = {},
  ): Promise<(Answer | ClipError)[]> {
    const { templates, domain = [], batchSize, views, viewMode, signal, onProgress, ...asked } = options;
    const weights = await this.zeroShotWeights(
      labels,
      domain.length > 0 ? composeTemplates([domain].flat(), templates) : templates,
      signal ? { signal } : {},
    );
    const answer = await this.answerer(weights, {
      ...asked,
      ...(views === undefined ? {} : { views }),
      ...(viewMode === undefined ? {} : { viewMode }),
    });
    const answers: (Answer | ClipError)[] = [];
    const stream = this.encodeImageStream(images, {
      labels: weights,
      ...(viewMode === "best" ? { eachView: true } : {}),
      ...(batchSize === undefined ? {} : { batchSize }),
      ...(views === undefined ? {} : { views }),
      ...(signal === undefined ? {} : { signal }),
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    for await (const { result, views: seen } of stream) {
      if (result instanceof ClipError) answers.push(result);
      else answers.push(answer(seen ? bestView(seen, weights) : result));
    }
    return answers;
  }

  async classifyAll(
    images: readonly ImageInput[],
    labels: readonly LabelInput[],
    options: ClassifyOptions = {},
  ): Promise<(Prediction[] | ClipError)[]> {
    const answers = await this.answerAll(images, labels, options);
    return answers.map((answer) => (answer instanceof ClipError ? answer : [...answer.predictions]));
  }

  async classify(
    image: ImageInput,
    labels: readonly LabelInput[],
    options?: ClassifyOptions,
  ): Promise<Prediction[]> {
    const [answer] = await this.classifyAll([image], labels, options);
    if (answer === undefined || answer instanceof ClipError) throw answer;
    return answer;
  }
}
