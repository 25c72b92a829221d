"""Train the heads on what the towers said (features.py), seeded, on cached features only."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from heads import ImageHeads, TextHeads, unit
from texts import ClassTexts
from towers import TextTower

CLASS_STEPS, CLASS_BATCH = 2500, 512
CAPTION_STEPS, CAPTION_BATCH, NAME_BATCH = 600, 640, 192
GATE_STEPS = 400
CAPTIONS_A_PICTURE = 5
VIEW_SHARES = [0.3, 0.1, 0.1, 0.1, 0.1, 0.3]  # the whole picture, its four windows, another view of it
TRAINING_SCALE = 20.0  # softmax scale between a text and the class vectors
SENTENCE_SCALE = 12.0  # how strongly sentence similarity sharpens WordNet's distribution
OWN_SHARE = 0.9  # a class's own name: at least this much on the class itself
FLOOR = 2e-4  # lets sentence similarity reach a class that WordNet puts far away


@dataclass
class Pictures:
    """What is known of the training pictures; those with captions come first."""

    pooled: Tensor  # f16 [views, n, 5120]
    captioned: int
    texts: list[np.ndarray]  # for each picture, the rows of `text` that describe it
    group: Tensor  # [n], pictures of one group are no negatives of each other


def cosine_schedule(optimizer: torch.optim.Optimizer, steps: int, peak: float) -> torch.optim.lr_scheduler.LRScheduler:
    return torch.optim.lr_scheduler.OneCycleLR(optimizer, peak, total_steps=steps, pct_start=0.08)


def class_targets(data: ClassTexts, features: np.ndarray) -> np.ndarray:
    """WordNet's distributions, sharpened towards the classes whose description reads alike → f16 [rows, classes]."""
    described = torch.from_numpy(features[data.gloss, -TextTower.WIDTH :]).float()
    described = unit(unit(described) - unit(described).mean(0))
    rows = torch.from_numpy(data.distributions) + FLOOR
    rows = rows * torch.exp(SENTENCE_SCALE * described @ described[data.class_row].T)
    rows = rows / rows.sum(1, keepdim=True)
    own = torch.eye(len(data.class_row))
    rows[data.class_row] = OWN_SHARE * own + (1 - OWN_SHARE) * rows[data.class_row]
    mixed = [torch.from_numpy(shares) @ rows[senses] for senses, shares in data.mixtures]
    return torch.cat([rows, torch.stack(mixed)]).half().numpy()


def train_classes(image: ImageHeads, texts: TextHeads, data: ClassTexts, features: np.ndarray, targets: np.ndarray, probabilities: Tensor, captions: np.ndarray) -> None:
    """Texts learn their place among the classes; captions learn the classes seen in their picture."""
    parameters = [image.class_vectors, *texts.classes.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=1e-3, weight_decay=0.02)
    schedule = cosine_schedule(optimizer, CLASS_STEPS, 1e-3)
    generator = np.random.default_rng(2)
    share = data.weight / data.weight.sum()
    draws = generator.choice(len(share), (CLASS_STEPS, CLASS_BATCH), p=share)
    texts.train()
    began = time.monotonic()
    for step in range(CLASS_STEPS):
        rows = draws[step]
        wanted = torch.from_numpy(targets[data.target[rows]].astype(np.float32))
        said = texts.classes(torch.from_numpy(features[rows]).float())
        vectors = unit(image.class_vectors)
        loss = cross_entropy(TRAINING_SCALE * unit(said) @ vectors.T, wanted)
        chosen = generator.integers(0, len(captions), CLASS_BATCH // 4)
        seen = probabilities[chosen // CAPTIONS_A_PICTURE]
        said = texts.classes(torch.from_numpy(captions[chosen]).float())
        loss = loss + 0.15 * cross_entropy(TRAINING_SCALE * unit(said) @ vectors.T, seen)
        loss = loss + 0.15 * cross_entropy(TRAINING_SCALE * unit(seen @ vectors) @ vectors.T, seen)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 500 == 499:
            report("classes", step + 1, CLASS_STEPS, loss.item(), began)
    texts.eval()


def cross_entropy(logits: Tensor, wanted: Tensor) -> Tensor:
    return -(wanted * F.log_softmax(logits, 1)).sum(1).mean()


def train_gate(texts: TextHeads, data: ClassTexts, features: np.ndarray, captions: np.ndarray) -> None:
    """Is a text a name or a sentence? Class texts against captions."""
    optimizer = torch.optim.Adam(texts.gate.parameters(), lr=3e-3)
    generator = np.random.default_rng(4)
    share = data.weight / data.weight.sum()
    for _ in range(GATE_STEPS):
        names = features[generator.choice(len(share), 256, p=share)]
        sentences = captions[generator.integers(0, len(captions), 256)]
        said = texts.gate(torch.from_numpy(np.concatenate([names, sentences])).float())[:, 0]
        loss = F.binary_cross_entropy_with_logits(said, torch.cat([torch.ones(256), torch.zeros(256)]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def train_captions(image: ImageHeads, texts: TextHeads, pictures: Pictures, text: np.ndarray) -> None:
    """Pictures and the texts that describe them, each against the rest of the batch, both ways."""
    scale = torch.nn.Parameter(torch.tensor(np.log(15.0), dtype=torch.float32))
    parameters = [*image.caption.parameters(), *texts.caption.parameters()]
    optimizer = torch.optim.AdamW([{"params": parameters, "weight_decay": 0.1}, {"params": [scale], "weight_decay": 0.0}], lr=1e-3)
    schedule = cosine_schedule(optimizer, CAPTION_STEPS, 1e-3)
    generator = np.random.default_rng(3)
    captioned, count = pictures.captioned, len(pictures.texts)
    image.train()
    texts.train()
    began = time.monotonic()
    for step in range(CAPTION_STEPS):
        with_caption = generator.choice(captioned, CAPTION_BATCH, replace=False)
        with_name = generator.integers(captioned, count, NAME_BATCH)
        chosen = np.concatenate([with_caption, with_name])
        view = generator.choice(len(VIEW_SHARES), len(chosen), p=VIEW_SHARES)
        rows = np.array([generator.choice(pictures.texts[n]) for n in chosen])
        with torch.autocast("cpu", torch.bfloat16):
            pictured = image.caption(pictures.pooled[view, chosen].float())
            said = texts.caption(torch.from_numpy(text[rows]).float())
        group = pictures.group[chosen]
        same = (group[:, None] == group[None, :]).float()
        wanted = same / same.sum(1, keepdim=True)
        logits = scale.exp() * unit(pictured.float()) @ unit(said.float()).T
        loss = (cross_entropy(logits, wanted) + cross_entropy(logits.T, wanted)) / 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 50 == 49:
            report("captions", step + 1, CAPTION_STEPS, loss.item(), began)
    image.eval()
    texts.eval()


def report(name: str, step: int, steps: int, loss: float, began: float) -> None:
    left = (time.monotonic() - began) / step * (steps - step) / 60
    print(f"{name}: step {step}/{steps}, loss {loss:.3f}, {left:.1f} min left", flush=True)
