"""The Chinese tower's vocabulary: every character of Unicode's first Han block, and words, matched longest first.

What is written in two ways (traditional and simplified) has one id, so that both mean the same to the tower. The file is an
ordinary `tokenizer.json` with WordPiece and no mark for what goes on within a word.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections import defaultdict

from chinese_pairs import HAN, HAN_RUN, Entry

PAD, UNKNOWN = "[PAD]", "[UNK]"
FIRST_HAN, LAST_HAN = 0x4E00, 0x9FFF
SIGNS = "abcdefghijklmnopqrstuvwxyz0123456789.,!?;:'\"()-&%+/。，！？；：、“”‘’（）《》·—…"
LONGEST_WORD = 5
MOST_RUN = 512


def simplifying(entries: list[Entry]) -> dict[str, str]:
    """Traditional character → simplified, as most of the dictionary's words write it."""
    seen: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for entry in entries:
        if len(entry.traditional) == len(entry.simplified):
            for traditional, simplified in zip(entry.traditional, entry.simplified):
                seen[traditional][simplified] += 1
    best = {old: max(new, key=lambda one: new[one]) for old, new in seen.items()}
    # A character that simplified words use as well stands for itself.
    return {old: new for old, new in best.items() if old != new and seen[old].get(old, 0) == 0}


class Vocabulary:
    """Tokens → ids. `words` are in simplified characters, most useful first."""

    def __init__(self, words: list[str], entries: list[Entry], known: set[str]) -> None:
        other = simplifying(entries)
        characters = sorted({character for character in known if FIRST_HAN <= ord(character) <= LAST_HAN})
        tokens = [PAD, UNKNOWN, *SIGNS, *characters, *words]
        self.ids = {token: number for number, token in enumerate(dict.fromkeys(tokens))}
        self.size = len(self.ids)
        for entry in entries:
            if entry.simplified in self.ids and len(entry.simplified) > 1:
                self.ids.setdefault(entry.traditional, self.ids[entry.simplified])
        for code in range(FIRST_HAN, LAST_HAN + 1):
            character = chr(code)
            self.ids.setdefault(character, self.ids.get(other.get(character, ""), self.ids[UNKNOWN]))
        self.longest = max(len(token) for token in self.ids)

    def split(self, text: str, rng: random.Random | None = None, loose: float = 0.0) -> list[int]:
        """Ids of a text, as `tokenizer()` gives them; where `loose`, so many of the words fall into shorter pieces."""
        found: list[int] = []
        for run in re.findall(rf"[{HAN}]+|[^\s{HAN}]+", unicodedata.normalize("NFKC", text).lower()):
            if not HAN_RUN.fullmatch(run):
                found.extend(self.ids.get(sign, self.ids[UNKNOWN]) for sign in run)
                continue
            at = 0
            while at < len(run):
                longest = 1 if rng is not None and rng.random() < loose else self.longest
                end = next(end for end in range(min(len(run), at + longest), at, -1) if run[at:end] in self.ids)
                found.append(self.ids[run[at:end]])
                at = end
        return found or [self.ids[UNKNOWN]]

    def tokenizer(self, max_length: int) -> dict:
        """The content of `tokenizer.json`."""
        han = {"type": "Split", "pattern": {"Regex": f"[{HAN}]+|[^{HAN}]"}, "behavior": "Isolated", "invert": False}
        special = [
            {"id": self.ids[token], "content": token, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
            for token in (PAD, UNKNOWN)
        ]
        return {
            "version": "1.0",
            "truncation": {"max_length": max_length, "strategy": "LongestFirst", "stride": 0, "direction": "Right"},
            "padding": None,
            "added_tokens": special,
            "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFKC"}, {"type": "Lowercase"}]},
            "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, han]},
            "post_processor": None,
            "decoder": None,
            "model": {"type": "WordPiece", "unk_token": UNKNOWN, "continuing_subword_prefix": "", "max_input_chars_per_word": MOST_RUN, "vocab": self.ids},
        }
