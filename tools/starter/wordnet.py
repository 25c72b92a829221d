"""WordNet 3.0 nouns (the version whose offsets are ImageNet's ids), read from its own data files."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

PHYSICAL_ENTITY = "n00001930"
SHARPNESS = 2.0  # exponent on "how few classes share this ancestor"


@dataclass
class Synset:
    wnid: str
    lemmas: list[str]
    gloss: str
    parents: list[str]
    children: list[str] = field(default_factory=list)


class WordNet:
    """Noun synsets by ImageNet id, with the senses of each word, the commonest first."""

    def __init__(self, folder: Path) -> None:
        self.synsets: dict[str, Synset] = {}
        for line in (folder / "data.noun").read_text(encoding="latin-1").splitlines():
            if line.startswith(" "):
                continue
            head, _, gloss = line.partition(" | ")
            words = head.split()
            count = int(words[3], 16)
            lemmas = [words[4 + 2 * n].replace("_", " ") for n in range(count)]
            rest = words[5 + 2 * count :]
            if "@i" in rest:
                continue  # a named individual: Stephen Crane is no kind of crane
            parents = [f"n{rest[n + 1]}" for n in range(0, len(rest), 4) if rest[n] == "@"]
            wnid = f"n{words[0]}"
            self.synsets[wnid] = Synset(wnid, lemmas, gloss.split('; "')[0].strip(), parents)
        for synset in self.synsets.values():
            synset.parents = [parent for parent in synset.parents if parent in self.synsets]
            for parent in synset.parents:
                self.synsets[parent].children.append(synset.wnid)
        self.senses: dict[str, list[str]] = {}
        for line in (folder / "index.noun").read_text(encoding="latin-1").splitlines():
            if line.startswith(" "):
                continue
            words = line.split()
            senses = [f"n{offset}" for offset in words[-int(words[2]) :]]
            self.senses[words[0].replace("_", " ")] = [wnid for wnid in senses if wnid in self.synsets]

    def ancestors(self, wnid: str) -> dict[str, int]:
        """Every synset at or above this one → the fewest steps to it."""
        steps, edge = {wnid: 0}, [wnid]
        while edge:
            following: list[str] = []
            for current in edge:
                for parent in self.synsets[current].parents:
                    if parent not in steps:
                        steps[parent] = steps[current] + 1
                        following.append(parent)
            edge = following
        return steps

    @cached_property
    def physical(self) -> list[str]:
        """Ids of the synsets that are physical things, in a fixed order."""
        found, edge = {PHYSICAL_ENTITY}, [PHYSICAL_ENTITY]
        while edge:
            edge = [child for wnid in edge for child in self.synsets[wnid].children if child not in found]
            found.update(edge)
        return sorted(found)


def class_distributions(wordnet: WordNet, synsets: list[str], classes: list[str]) -> np.ndarray:
    """For each synset, how much each class is an instance of it or near to it → f32 [synsets, classes], rows sum to one.

    A class weighs (classes below the lowest common ancestor)^−SHARPNESS, so that a class's own synset points at it,
    "bird" spreads evenly over the birds, and "deer", which is no class, leans on the other ruminants.
    """
    number = {wnid: n for n, wnid in enumerate(classes)}
    below: dict[str, list[int]] = {}
    for wnid in classes:
        for ancestor in wordnet.ancestors(wnid):
            below.setdefault(ancestor, []).append(number[wnid])
    result = np.zeros((len(synsets), len(classes)), np.float32)
    for row, wnid in enumerate(synsets):
        for ancestor in wordnet.ancestors(wnid):
            under = below.get(ancestor)
            if under:
                weight = float(len(under)) ** -SHARPNESS
                result[row, under] = np.maximum(result[row, under], weight)
    return result / result.sum(1, keepdims=True)
