"""Teach the Chinese tower (chinese_tower.py) by what the English one says: names and phrases by their English, captions by the
English captions of the same photograph and by the photograph itself. Seeded, on cached features only."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from chinese_pairs import TEMPLATES
from chinese_tokens import Vocabulary
from chinese_tower import MAX_LENGTH, ChineseTower
from heads import TextHeads, joint_text, unit
from train import cosine_schedule
from validate import BLEND

NAMES, CAPTIONS, SENTENCES = 128, 64, 192  # of one step
PROMPTED = 0.25  # share of names that stand in a prompt
LOOSE = 0.12  # share of words that fall into characters, so that unknown words are read by theirs
PICTURE_SCALE = 20.0
FEATURE_WEIGHT, PICTURE_WEIGHT, TELLING_WEIGHT = 0.3, 0.4, 0.3
SAME = 0.95  # cosine of two English sentences from which on they say the same
TOGETHER = 96  # texts that go through the tower at once, of like length
RATE = 1.5e-3
LEAST_SPREAD = 0.02
SETTLED = 0.3  # the share of the steps after which nothing is left out any more


@dataclass
class Lesson:
    """What is learned. Features are MiniLM's, f16 [texts, 768]."""

    names: list[str]  # Chinese
    english: list[np.ndarray]  # for each name, rows of `features` of its English words, and
    shares: list[np.ndarray]  # how much each is worth
    prompted: list[list[tuple[int, int]]]  # for each name, prompts that it is learned in: of TEMPLATES, and its row of `features`
    weight: np.ndarray  # f64 [names], how often a name is drawn
    features: np.ndarray
    captions: list[list[str]]  # Chinese, of each photograph
    said: Tensor  # f32 [photographs, 5, 768], MiniLM's features of the English captions
    seen: Tensor  # f32 [photographs, 1512], the starter's picture vectors
    sentences: list[str]  # Chinese, of the grammars
    sentence_rows: np.ndarray  # of each, the row of `sentence_features` that is its English
    sentence_share: np.ndarray  # f64 [sentences], how often a sentence is drawn
    sentence_features: np.ndarray  # f16 [English sentences, 768]


def padded(rows: list[list[int]]) -> tuple[Tensor, Tensor]:
    """Ids and mask i64 [n, length], as long as the longest."""
    length = min(max(len(row) for row in rows), MAX_LENGTH)
    ids = torch.zeros(len(rows), length, dtype=torch.int64)
    for row, found in enumerate(rows):
        ids[row, : min(len(found), length)] = torch.tensor(found[:length])
    return ids, (torch.arange(length) < torch.tensor([[min(len(row), length)] for row in rows])).long()


def together(tower: ChineseTower, rows: list[list[int]]) -> Tensor:
    """Features f32 [n, 768] of rows of ids, those of like length together, so that little is computed of what only fills up."""
    order = sorted(range(len(rows)), key=lambda n: len(rows[n]))
    parts = [tower(*padded([rows[n] for n in order[start : start + TOGETHER]])) for start in range(0, len(order), TOGETHER)]
    back = torch.empty(len(rows), dtype=torch.int64)
    back[torch.tensor(order)] = torch.arange(len(rows))
    return torch.cat(parts)[back]


def encode(tower: ChineseTower, vocabulary: Vocabulary, texts: list[str], batch: int = 512) -> Tensor:
    """Texts → features f32 [texts, 768], without dropping words apart."""
    order = sorted(range(len(texts)), key=lambda n: len(texts[n]))
    result = torch.zeros(len(texts), tower.out.out_features)
    with torch.no_grad():
        for start in range(0, len(order), batch):
            chosen = order[start : start + batch]
            result[chosen] = tower(*padded([vocabulary.split(texts[n]) for n in chosen]))
    return result


def joint(features: Tensor, heads: TextHeads, class_vectors: Tensor) -> Tensor:
    parts, gate = heads(features, class_vectors)
    return joint_text(parts, gate, BLEND)


class Draw:
    """Steps' names and captions with their targets, by one seed."""

    def __init__(self, lesson: Lesson, vocabulary: Vocabulary, heads: TextHeads, class_vectors: Tensor, seed: int) -> None:
        self.lesson, self.vocabulary, self.heads, self.class_vectors = lesson, vocabulary, heads, class_vectors
        self.numpy, self.random = np.random.default_rng(seed), random.Random(seed)
        self.share = np.cumsum(lesson.weight / lesson.weight.sum())
        self.sentence_share = np.cumsum(lesson.sentence_share / lesson.sentence_share.sum())

    def names(self) -> tuple[list[list[int]], list[int]]:
        """Ids, and the rows of `features` of what they mean."""
        lesson = self.lesson
        chosen = np.minimum(np.searchsorted(self.share, self.numpy.random(NAMES)), len(lesson.names) - 1)
        ids: list[list[int]] = []
        rows: list[int] = []
        for name in chosen:
            text, row = lesson.names[name], int(self.random.choices(lesson.english[name], lesson.shares[name])[0])
            if lesson.prompted[name] and self.random.random() < PROMPTED:
                template, row = self.random.choice(lesson.prompted[name])
                text = TEMPLATES[template][0].format(text)
            ids.append(self.vocabulary.split(text, self.random, LOOSE))
            rows.append(row)
        return ids, rows

    def captions(self) -> tuple[list[list[int]], np.ndarray]:
        """Ids, and of which photograph each is: no photograph twice."""
        photographs = self.numpy.choice(len(self.lesson.captions), CAPTIONS, replace=False)
        ids = [self.vocabulary.split(self.random.choice(self.lesson.captions[n]), self.random, LOOSE) for n in photographs]
        return ids, photographs

    def sentences(self) -> tuple[list[list[int]], np.ndarray]:
        """Ids, and the rows of `sentence_features` that they say."""
        chosen = np.minimum(np.searchsorted(self.sentence_share, self.numpy.random(SENTENCES)), len(self.lesson.sentences) - 1)
        return [self.vocabulary.split(self.lesson.sentences[n], self.random, LOOSE) for n in chosen], self.lesson.sentence_rows[chosen]


def train(tower: ChineseTower, lesson: Lesson, draw: Draw, steps: int, rate: float, look: object) -> None:
    """`look(step)` is called now and then with the tower as it is."""
    heads, class_vectors = draw.heads, draw.class_vectors
    for parameter in heads.parameters():
        parameter.requires_grad_(False)
    tables = [tower.word.weight, tower.position.weight]
    others = [parameter for parameter in tower.parameters() if all(parameter is not table for table in tables)]
    optimizer = torch.optim.AdamW([{"params": tables, "weight_decay": 0.0}, {"params": others, "weight_decay": 0.02}], lr=rate)
    schedule = cosine_schedule(optimizer, steps, rate)
    # Some of MiniLM's numbers are all but constant.
    spread = torch.from_numpy(lesson.features[:20_000].astype(np.float32)).std(0) + LEAST_SPREAD
    began = time.monotonic()
    told = np.zeros(4)
    for step in range(1, steps + 1):
        tower.train(step <= SETTLED * steps)
        name_ids, rows = draw.names()
        caption_ids, photographs = draw.captions()
        sentence_ids, chosen = draw.sentences()
        names, captions, sentences = together(tower, [*name_ids, *caption_ids, *sentence_ids]).split([len(name_ids), len(caption_ids), len(sentence_ids)])
        english = torch.from_numpy(lesson.features[rows].astype(np.float32))
        english_sentences = torch.from_numpy(lesson.sentence_features[chosen].astype(np.float32))
        with torch.no_grad():
            wanted, said = (joint(one, heads, class_vectors) for one in (english, english_sentences))
            told_captions = joint(lesson.said[photographs].flatten(0, 1), heads, class_vectors).unflatten(0, (len(photographs), -1))
            wanted_captions = unit(told_captions.mean(1))
        given, given_captions, given_sentences = (joint(one, heads, class_vectors) for one in (names, captions, sentences))
        likeness = (1 - (given * wanted).sum(1)).mean() + (1 - (given_captions * wanted_captions).sum(1)).mean()
        likeness = likeness + (1 - (given_sentences * said).sum(1)).mean()
        feature = F.mse_loss(names / spread, english / spread) + F.mse_loss(captions / spread, lesson.said[photographs].mean(1) / spread)
        feature = feature + F.mse_loss(sentences / spread, english_sentences / spread)
        fits = PICTURE_SCALE * given_captions @ lesson.seen[photographs].T
        own = torch.arange(CAPTIONS)
        picture = (F.cross_entropy(fits, own) + F.cross_entropy(fits.T, own)) / 2
        # Each sentence is nearer to its own English than to the others', but for those that say the same.
        alike = (said @ said.T > SAME) & ~torch.eye(len(chosen), dtype=torch.bool)
        fits = (PICTURE_SCALE * given_sentences @ said.T).masked_fill(alike, -torch.inf)
        own = torch.arange(len(chosen))
        telling = (F.cross_entropy(fits, own) + F.cross_entropy(fits.T, own)) / 2
        loss = likeness + FEATURE_WEIGHT * feature + PICTURE_WEIGHT * picture + TELLING_WEIGHT * telling
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(others, 1.0)
        optimizer.step()
        schedule.step()
        told += [likeness.item(), feature.item(), picture.item(), telling.item()]
        if step % 20 == 0:
            left = (time.monotonic() - began) / step * (steps - step) / 60
            print(f"Chinese: {step}/{steps}, likeness {told[0] / 20:.3f}, features {told[1] / 20:.3f}, pictures {told[2] / 20:.3f}, sentences {told[3] / 20:.3f}, {left:.1f} min left", flush=True)
            told[:] = 0
        if step % 100 == 0 or step == steps:
            tower.eval()
            look(step)
