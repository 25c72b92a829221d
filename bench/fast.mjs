// What each step of "Make it fast" brings, alone and together, as Markdown.
//   node bench/fast.mjs [CHECKPOINT] [--images FOLDER] [--rounds N] [--write]
// CHECKPOINT (default ViT-B/32) needs its int8 form (`zeroclip quantize CHECKPOINT --to int8`). --write puts the table
// into docs/make-it-fast.md and docs/make-it-fast.zh-CN.md.
import { parseArgs } from "node:util";
import { picturesOf, shippedPictures } from "../dist/bench/inputs.js";
import { machineLine, readMachine } from "../dist/bench/machine.js";
import { ownContender } from "../dist/bench/own.js";
import { measure, spreadOver } from "../dist/bench/rounds.js";
import { figure, median, short, timesFaster, withSpread } from "../dist/bench/statistics.js";
import { readEnvironment } from "../dist/environment.js";
import { loadClip, orThrow } from "../dist/index.js";
import { labelSet } from "../dist/zeroshot/label-sets.js";
import { writeBlock } from "./block.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    images: { type: "string" },
    rounds: { type: "string", default: "7" },
    write: { type: "boolean", default: false },
  },
});
const model = positionals[0] ?? "ViT-B/32";
const rounds = Number(values.rounds);
const { home } = readEnvironment();

/** The task whose whole time is shown: sort this many pictures into the 1,000 classes of ImageNet. */
const TASK_PICTURES = 1000;
const PICTURES = 64;
const BATCH = 32;
const LABELS = labelSet("imagenet-1k").labels.map(({ name }) => name);

const { pictures, leftOut } =
  values.images === undefined
    ? { pictures: await shippedPictures(), leftOut: [] }
    : await picturesOf(values.images);
for (const line of leftOut) console.error(line);
const files = spreadOver(pictures, PICTURES);
let turn = 10;

/** Prompts that nobody has asked yet, as long as those of another turn: every digit is a token of its own. */
function freshPrompts(count) {
  turn = turn === 99 ? 10 : turn + 1;
  return spreadOver(LABELS, count).map((name) => `photo ${turn} of a ${name}.`);
}

/** So many words more that the prompt fills the context: what a tower that is padded to 77 tokens computes. */
const padded = (prompts) => prompts.map((prompt) => `${prompt} ${"a ".repeat(77)}`);

async function timed(items, work) {
  const began = performance.now();
  await work();
  return (performance.now() - began) / items;
}

const fp32 = await loadClip(`${model}@fp32`, { home });
const int8 = await loadClip(`${model}@int8`, { home });
/** As the command line opens them: what was asked before is remembered. */
const remembering = await Promise.all(
  ["fp32", "int8"].map((form) => loadClip(`${model}@${form}`, { home, cache: { text: true } })),
);

/** Picture after picture: none is read while another is computed. */
const singly = (clip) =>
  timed(files.length, async () => {
    for (const file of files) orThrow(await clip.encodeImages([file]));
  });

/** Whole batches, each read and then computed. */
const batched = (clip) =>
  timed(files.length, async () => {
    for (let i = 0; i < files.length; i += BATCH)
      orThrow(await clip.encodeImages(files.slice(i, i + BATCH), { batchSize: BATCH }));
  });

/** The library's own way: the next pictures are read while these are computed. */
const streamed = (clip, batchSize) =>
  timed(files.length, async () => orThrow(await clip.encodeImages(files, { batchSize })));

const texts = (clip, count, change = (prompts) => prompts) => {
  const prompts = change(freshPrompts(count));
  return timed(count, () => clip.encodeTexts(prompts));
};

/** The same prompts again. */
async function again(clip) {
  const prompts = freshPrompts(LABELS.length);
  await clip.encodeTexts(prompts);
  return timed(prompts.length, () => clip.encodeTexts(prompts));
}

const CELLS = {
  "image fp32 singly": () => singly(fp32),
  "image fp32 batched": () => batched(fp32),
  "image fp32 streamed": () => streamed(fp32, 1),
  "image int8 singly": () => singly(int8),
  "image int8 all": () => streamed(int8, BATCH),
  "text fp32 padded": () => texts(fp32, 64, padded),
  "text fp32 cut": () => texts(fp32, 512),
  "text int8 padded": () => texts(int8, 64, padded),
  "text int8 cut": () => texts(int8, 512),
  "text fp32 cached": () => again(remembering[0]),
  "text int8 cached": () => again(remembering[1]),
};

const samples = Object.fromEntries(Object.keys(CELLS).map((name) => [name, []]));
for (let round = -1; round < rounds; round++) {
  process.stderr.write(`round ${round + 1} of ${rounds}\n`);
  for (const [name, take] of Object.entries(CELLS)) {
    const value = await take();
    if (round >= 0) samples[name].push(value);
  }
}
await Promise.all([fp32, int8, ...remembering].map((clip) => clip[Symbol.asyncDispose]()));

const { contenders, peak } = await measure(
  ["fp32", "int8"].map((precision) => ownContender(`${model}@${precision}`, { home })),
  { rounds: 1, coldRounds: 3, seconds: 0.5, batches: [1], files, texts: [], endToEnd: false },
);
const memory = contenders.map(({ samples: own }) => median(own.resident ?? [Number.NaN]) / 1e6);

/** The steps: which cells their pictures and texts come from, and what they are called. */
const STEPS = [
  [
    "nothing: fp32, one picture after another, prompts padded to 77",
    "什么都不做：fp32，一张接一张，提示词补到 77",
    "fp32 singly",
    "fp32 padded",
    0,
  ],
  ["int8 (`zeroclip quantize`)", "int8（`zeroclip quantize`）", "int8 singly", "int8 padded", 1],
  [`batches of ${BATCH}`, `每批 ${BATCH} 张`, "fp32 batched", "fp32 padded", 0],
  [
    "pipeline: the next picture is read while one is computed",
    "流水线：计算时读下一张",
    "fp32 streamed",
    "fp32 padded",
    0,
  ],
  ["prompts cut to the longest of their batch", "提示词只补到本批最长", "fp32 singly", "fp32 cut", 0],
  ["text cache: the labels asked before", "文本缓存：标签问过一次", "fp32 singly", "fp32 cached", 0],
  ["**all of them, first time**", "**全部，第一次**", "int8 all", "int8 cut", 1],
  ["**all of them, labels asked before**", "**全部，标签问过**", "int8 all", "int8 cached", 1],
];

/** Seconds of the whole task, round by round. */
const task = (image, text) =>
  samples[`image ${image}`].map(
    (ms, i) => (TASK_PICTURES * ms + LABELS.length * samples[`text ${text}`][i]) / 1000,
  );
const plain = task("fp32 singly", "fp32 padded");

function markdown(titles, column) {
  const rows = STEPS.map(([english, chinese, image, text, form]) => {
    const whole = task(image, text);
    return [
      column === 0 ? english : chinese,
      withSpread(figure(samples[`image ${image}`])),
      withSpread(figure(samples[`text ${text}`])),
      withSpread(figure(whole)),
      `${short(timesFaster(plain, whole).median)}×`,
      `${Math.round(100 * (1 - median(whole) / median(plain)))} %`,
      `${short(memory[form])}`,
      form === 0 ? "—" : `${Math.round(100 * (1 - memory[1] / memory[0]))} %`,
    ];
  });
  return [titles, titles.map((_, i) => (i === 0 ? "---" : "---:")), ...rows]
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n");
}

const versions = Object.assign({}, ...contenders.map((contender) => contender.versions));
const machine = machineLine(readMachine(), versions);
const products = `${withSpread(figure(peak.fp32))} / ${withSpread(figure(peak.int8))}`;
const english = `${markdown(["step", "image ms", "prompt ms", "whole task s", "faster", "less time", "memory MB", "less memory"], 0)}

${model}, ${new Date().toISOString().slice(0, 10)}, medians of ${rounds} interleaved rounds (± the farthest). The whole task: ${TASK_PICTURES.toLocaleString("en-US")} picture files into ${LABELS.length.toLocaleString("en-US")} labels.
Machine: ${machine}; plain products of matrices fp32 / int8: ${products} billion operations a second.`;
const chinese = `${markdown(["步骤", "每张图 ms", "每条提示 ms", "整个任务 s", "快", "省时间", "内存 MB", "省内存"], 1)}

${model}，${new Date().toISOString().slice(0, 10)}，${rounds} 轮交错测量的中位数（± 为最远一轮）。整个任务：${TASK_PICTURES} 个图片文件归入 ${LABELS.length} 个标签。
机器：${machine}；矩阵乘法实测峰值 fp32 / int8：${products} 十亿次运算每秒。`;

if (values.write) {
  writeBlock("docs/make-it-fast.md", "node bench/fast.mjs --write", english);
  writeBlock("docs/make-it-fast.zh-CN.md", "node bench/fast.mjs --write", chinese);
}
console.log(english);
