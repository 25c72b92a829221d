"""The class-like texts that the text heads learn from: WordNet's names and glosses, in many prompt forms.

Each text has a target: a distribution over the 1,000 classes.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np

from wordnet import PHYSICAL_ENTITY, WordNet, class_distributions

TEMPLATES = [
    "a photo of a {}.",
    "a photo of a {}",
    "a photo of the {}.",
    "a photo of {}.",
    "a picture of a {}.",
    "an image of a {}.",
    "a {}.",
    "the {}",
    "this is a {}.",
    "a close-up photo of a {}.",
    "a blurry photo of a {}.",
    "a low resolution photo of a {}.",
    "a cropped photo of the {}.",
    "a product photo of a {}.",
    "a good photo of the {}.",
    "there is a {} in the scene.",
    "a photo of many {}.",
    "one {}",
]
SENSE_DECAY = 0.35  # weight of a word's second sense beside its first, and so on


@dataclass
class ClassTexts:
    texts: list[str]
    target: np.ndarray  # i32 [texts], a row: see below
    weight: np.ndarray  # f32 [texts], how often a text is drawn
    distributions: np.ndarray  # f32 [synsets, classes], the first rows
    gloss: np.ndarray  # i32 [synsets], the text that describes the synset in full
    class_row: np.ndarray  # i32 [classes], the class's own row
    mixtures: list[tuple[list[int], np.ndarray]]  # the further rows: a word's senses and their shares


def plural(word: str) -> str:
    if word.endswith(("s", "x", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"


def class_texts(wordnet: WordNet, classes: list[tuple[str, str]], seed: int) -> ClassTexts:
    rng = random.Random(seed)
    ids = [wnid for wnid, _ in classes]
    synsets = sorted({*wordnet.physical, *ids} - {PHYSICAL_ENTITY})
    row_of = {wnid: row for row, wnid in enumerate(synsets)}
    mixtures: list[tuple[list[int], np.ndarray]] = []
    texts: list[str] = []
    target: list[int] = []
    weight: list[float] = []

    def add(text: str, row: int, amount: float) -> None:
        texts.append(text)
        target.append(row)
        weight.append(amount)

    gloss = np.zeros(len(synsets), np.int32)
    for wnid in synsets:
        synset, row = wordnet.synsets[wnid], row_of[wnid]
        gloss[row] = len(texts)
        add(f"{', '.join(synset.lemmas)}: {synset.gloss}", row, 1.0)
        parent = next((wordnet.synsets[p].lemmas[0] for p in synset.parents), "thing")
        add(f"{synset.lemmas[0]}, a kind of {parent}", row, 0.5)
    by_word: dict[str, list[int]] = {}
    for word, senses in wordnet.senses.items():
        known = [row_of[wnid] for wnid in senses if wnid in row_of]
        if known:
            by_word[word] = known
    for word, known in by_word.items():
        if len(known) == 1:
            row = known[0]
        else:
            shares = SENSE_DECAY ** np.arange(len(known), dtype=np.float32)
            row = len(synsets) + len(mixtures)
            mixtures.append((known, shares / shares.sum()))
        add(word, row, 1.0)
        add(rng.choice(TEMPLATES).format(word), row, 1.0)
        if rng.random() < 0.3:
            add(plural(word), row, 0.5)
    for number, (wnid, name) in enumerate(classes):
        own = row_of[wnid]
        for word in dict.fromkeys([name, *wordnet.synsets[wnid].lemmas]):
            add(word, own, 15.0)
            for template in ["a photo of a {}.", *rng.sample(TEMPLATES, 3)]:
                add(template.format(word), own, 6.0)
    class_row = np.array([row_of[wnid] for wnid in ids], np.int32)
    distributions = class_distributions(wordnet, synsets, ids)
    return ClassTexts(texts, np.array(target, np.int32), np.array(weight, np.float32), distributions, gloss, class_row, mixtures)
