"""Rebuild starter/ from the data folder: unpack, run the towers once, train the heads, choose the blend, export.

    python build.py DATA [--cache FOLDER] [--wordnet FOLDER] [--out FOLDER]

Every step leaves its result in the cache folder and is skipped when it is there.
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from data import Picture, flickr_captions, flickr_list, flickr_pictures, folder_pictures, imagenet_classes, tiny_pictures, unpack
from export import write_folder
from features import image_features, text_features
from heads import ImageHeads, TextHeads, mean_probabilities
from texts import TEMPLATES, ClassTexts, class_texts
from towers import IMAGE_TOWERS, ImageTower, TextTower, load_image_tower, load_text_tower
from train import Pictures, class_targets, train_captions, train_classes, train_gate
from validate import BLEND, report_validation
from wordnet import WordNet

SEED = 0
OTHER_VIEW = {"flickr-train": "varied", "tiny-train": "small", "clothing-train": "varied"}


def keep(value: object, target: Path) -> None:
    """Save what a step made, whole or not at all."""
    partial = target.with_suffix(".partial")
    torch.save(value, partial)
    partial.rename(target)


def pictures_of(root: Path) -> dict[str, list[Picture]]:
    return {
        "flickr-train": flickr_pictures(root, "train"),
        "tiny-train": tiny_pictures(root, held_out=False),
        "clothing-train": folder_pictures(root / "clothing" / "train")[0],
        "flickr-val": flickr_pictures(root, "val"),
        "tiny-held": tiny_pictures(root, held_out=True),
        "clothing-val": folder_pictures(root / "clothing" / "validation")[0],
    }


def all_image_features(towers: list[ImageTower], root: Path, cache: Path) -> dict[str, tuple[Tensor, Tensor]]:
    """(pooled, probabilities) of every set, as seen at inference, and of the training sets as otherwise seen."""
    result: dict[str, tuple[Tensor, Tensor]] = {}
    for name, pictures in pictures_of(root).items():
        for view in ["plain", OTHER_VIEW[name]] if name in OTHER_VIEW else ["plain"]:
            said: list[tuple[Tensor, Tensor]] = []
            for tower in towers:
                target = cache / f"{name}-{view}-{tower.spec.name}.pt"
                if not target.exists():
                    keep(image_features(tower, pictures, view, f"{name} {view}"), target)
                said.append(torch.load(target))
            pooled, logits = zip(*said)
            result[f"{name}-{view}"] = torch.cat(pooled, 2), mean_probabilities(logits)
    return result


def cached_texts(tower: TextTower, texts: list[str], target: Path) -> np.ndarray:
    if not target.exists():
        partial = target.with_suffix(".partial.npy")
        np.save(partial, text_features(tower, texts))
        partial.rename(target)
    return np.load(target)


def names_of_pictures(wordnet: WordNet, root: Path) -> tuple[list[str], dict[int, np.ndarray], dict[int, np.ndarray]]:
    """Prompts for the labelled training pictures: the texts, and each Tiny-ImageNet and clothing class's rows of them."""
    rng = random.Random(5)
    texts: list[str] = []

    def rows(words: list[str]) -> np.ndarray:
        prompts = [*words, *(f"a photo of a {word}." for word in words), *(template.format(rng.choice(words)) for template in TEMPLATES)]
        first = len(texts)
        texts.extend(dict.fromkeys(prompts))
        return np.arange(first, len(texts))

    classes = imagenet_classes()
    labels = sorted({picture.label for picture in tiny_pictures(root, held_out=False)})
    tiny = {label: rows([classes[label][1], *wordnet.synsets[classes[label][0]].lemmas]) for label in labels}
    folders = folder_pictures(root / "clothing" / "train")[1]
    clothing = {label: rows([name]) for label, name in enumerate(folders)}
    return texts, tiny, clothing


def caption_pictures(root: Path, features: dict[str, tuple[Tensor, Tensor]], captions: int, tiny: dict[int, np.ndarray], clothing: dict[int, np.ndarray]) -> Pictures:
    """The training pictures of the caption part: captions come first among the texts, five a picture, then the prompts."""
    plain = torch.cat([features[f"{name}-plain"][0] for name in OTHER_VIEW], 1)
    other = torch.cat([features[f"{name}-{view}"][0][:1] for name, view in OTHER_VIEW.items()], 1)
    named = pictures_of(root)
    flickr = len(named["flickr-train"])
    texts = [np.arange(5 * n, 5 * n + 5) for n in range(flickr)]
    texts += [captions + tiny[picture.label] for picture in named["tiny-train"]]
    texts += [captions + clothing[picture.label] for picture in named["clothing-train"]]
    groups = [*range(flickr), *(10_000 + picture.label for picture in named["tiny-train"]), *(20_000 + picture.label for picture in named["clothing-train"])]
    return Pictures(torch.cat([plain, other]), flickr, texts, torch.tensor(groups))


def train(cache: Path, root: Path, wordnet: WordNet, data: ClassTexts, features: dict[str, tuple[Tensor, Tensor]], text_tower: TextTower) -> tuple[ImageHeads, TextHeads]:
    captions = flickr_captions(root)
    written = [caption for name in flickr_list(root, "train") for caption in captions[name]]
    said = cached_texts(text_tower, written, cache / "texts-captions.npy")
    named = cached_texts(text_tower, data.texts, cache / "texts-classes.npy")
    prompts, tiny, clothing = names_of_pictures(wordnet, root)
    prompted = cached_texts(text_tower, prompts, cache / "texts-prompts.npy")
    torch.manual_seed(SEED)
    image_heads, text_heads = ImageHeads(), TextHeads()
    classes, gate, caption = (cache / f"heads-{name}.pt" for name in ("classes", "gate", "captions"))
    if not classes.exists():
        seen = features["flickr-train-plain"][1]
        train_classes(image_heads, text_heads, data, named, class_targets(data, named), seen, said)
        keep((image_heads.class_vectors.data, text_heads.classes.state_dict()), classes)
    if not gate.exists():
        train_gate(text_heads, data, named, said)
        keep(text_heads.gate.state_dict(), gate)
    if not caption.exists():
        torch.manual_seed(SEED)  # the same whether or not the class heads came from the cache
        train_captions(image_heads, text_heads, caption_pictures(root, features, len(said), tiny, clothing), np.concatenate([said, prompted]))
        keep((image_heads.caption.state_dict(), text_heads.caption.state_dict()), caption)
    image_heads.class_vectors.data, state = torch.load(classes)
    text_heads.classes.load_state_dict(state)
    text_heads.gate.load_state_dict(torch.load(gate))
    states = torch.load(caption)
    image_heads.caption.load_state_dict(states[0])
    text_heads.caption.load_state_dict(states[1])
    return image_heads.eval(), text_heads.eval()


def main() -> None:
    here = Path(__file__).resolve()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the data folder with the archives")
    parser.add_argument("--cache", type=Path, default=here.parent / ".cache")
    parser.add_argument("--wordnet", type=Path, required=True, help="the folder of WordNet 3.0's data.noun and index.noun")
    parser.add_argument("--out", type=Path, default=here.parents[2] / "starter")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    began = time.monotonic()
    cache: Path = options.cache
    root = cache / "data"
    unpack(options.data, root)
    image_towers, text_tower = [load_image_tower(spec) for spec in IMAGE_TOWERS], load_text_tower()
    features = all_image_features(image_towers, root, cache)
    wordnet = WordNet(options.wordnet)
    data = class_texts(wordnet, imagenet_classes(), SEED)
    image_heads, text_heads = train(cache, root, wordnet, data, features, text_tower)
    report_validation(root, wordnet, features, image_heads, text_heads, text_tower)
    write_folder(options.out, image_towers, image_heads, text_tower, text_heads, BLEND)
    print(f"{options.out} written, {(time.monotonic() - began) / 60:.0f} min", flush=True)


if __name__ == "__main__":
    main()
