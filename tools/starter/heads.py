"""From what the towers say to the parts of the joint vector.

`shares`: the picture's class probabilities, the mean of both towers', beside the distribution over the classes that a text stands for, 1,000 numbers.
`classes`: the same two as mixtures of learned class vectors, centred, so that related classes help each other.
`caption`: both towers' features of the picture beside a text's, trained as CLIP is.
Each part has unit length. The picture's parts have fixed weights; a text says by itself, through its gate, how much it is
the name of a thing (which the first two parts know best) and how much a sentence (which the last one does).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from towers import CLASSES, IMAGE_TOWERS, POOLED, TextTower

CLASS_DIM = 256
CAPTION_DIM = 256
CAPTION_HIDDEN = 512
TEXT_WIDTH = 2 * TextTower.WIDTH
PICTURE_WIDTH = len(IMAGE_TOWERS) * POOLED
JOINT_DIM = CLASSES + CLASS_DIM + CAPTION_DIM
CLASS_SCALE = 18.0  # softmax scale between a text and the class vectors
SHARES_POWER, CLASSES_POWER = 1.1, 0.7  # exponents on the picture's probabilities


def unit(x: Tensor) -> Tensor:
    return F.normalize(x, dim=-1)


def mean_probabilities(logits: Sequence[Tensor]) -> Tensor:
    """What the towers say of the classes, together."""
    return torch.stack([F.softmax(said.float(), -1) for said in logits]).mean(0)


class Mlp(nn.Module):
    """A linear map plus a hidden layer's correction of it."""

    def __init__(self, inputs: int, hidden: int, outputs: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(inputs)
        self.straight = nn.Linear(inputs, outputs)
        self.up = nn.Linear(inputs, hidden)
        self.down = nn.Linear(hidden, outputs)
        self.drop_in = nn.Dropout(dropout)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        x = self.drop_in(self.norm(x))
        return self.straight(x) + self.down(self.drop(F.gelu(self.up(x))))


class ImageHeads(nn.Module):
    """Both towers' pooled features [n, 5120] and mean class probabilities [n, 1000] → the three parts."""

    def __init__(self) -> None:
        super().__init__()
        self.class_vectors = nn.Parameter(torch.randn(CLASSES, CLASS_DIM) * 0.1)
        self.caption = Mlp(PICTURE_WIDTH, CAPTION_HIDDEN, CAPTION_DIM, 0.5)

    def centred(self) -> Tensor:
        vectors = unit(self.class_vectors)
        return vectors - vectors.mean(0)

    def forward(self, pooled: Tensor, probabilities: Tensor) -> list[Tensor]:
        shares = unit(probabilities**SHARES_POWER)
        classes = unit(probabilities**CLASSES_POWER @ self.centred())
        return [shares, classes, unit(self.caption(pooled))]


class TextHeads(nn.Module):
    """A text's features [n, 768] and the class vectors → the three parts and how much the text is a name, 0…1."""

    def __init__(self) -> None:
        super().__init__()
        self.classes = Mlp(TEXT_WIDTH, 1024, CLASS_DIM, 0.1)
        self.caption = Mlp(TEXT_WIDTH, 1024, CAPTION_DIM, 0.4)
        self.gate = nn.Linear(TEXT_WIDTH, 1)

    def forward(self, text: Tensor, class_vectors: Tensor) -> tuple[list[Tensor], Tensor]:
        classes = unit(self.classes(text))
        shares = unit(F.softmax(CLASS_SCALE * classes @ unit(class_vectors).T, -1))
        return [shares, classes, unit(self.caption(text))], torch.sigmoid(self.gate(text))


@dataclass(frozen=True)
class Blend:
    """How the parts are weighed, chosen on validation splits; each list sums to one."""

    image: list[float]
    name: list[float]  # a text that is a name
    sentence: list[float]  # a text that is a sentence
    logit_scale: float


def joint_image(parts: list[Tensor], blend: Blend) -> Tensor:
    return torch.cat([part * weight**0.5 for part, weight in zip(parts, blend.image)], -1)


def joint_text(parts: list[Tensor], gate: Tensor, blend: Blend) -> Tensor:
    weights = [gate * name + (1 - gate) * sentence for name, sentence in zip(blend.name, blend.sentence)]
    return torch.cat([part * weight.sqrt() for part, weight in zip(parts, weights)], -1)
