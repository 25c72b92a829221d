"""Run the towers once over everything and keep what they say."""

from __future__ import annotations

import json
import random
import time

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from tokenizers import Tokenizer

from data import Picture, load_rgb, preprocess
from towers import IMAGE_SIZE, PIXEL_MEAN, PIXEL_SCALE, ImageTower, TextTower, tokenizer_json

TEXT_BATCH = 256
IMAGE_BATCH = 32
MAX_LENGTH = 64
RESIZE_TO = IMAGE_SIZE  # the whole shorter side is seen


def tokenizer() -> Tokenizer:
    made = Tokenizer.from_str(json.dumps(tokenizer_json(MAX_LENGTH)))
    made.enable_padding(pad_id=0, pad_token="[PAD]")
    return made


@torch.no_grad()
def text_features(tower: TextTower, texts: list[str]) -> np.ndarray:
    """Texts → f16 [texts, 768]; batches are of equal length as far as possible."""
    encode = tokenizer()
    order = sorted(range(len(texts)), key=lambda n: len(texts[n]))
    result = np.zeros((len(texts), 2 * TextTower.WIDTH), np.float16)
    began = time.monotonic()
    for start in range(0, len(order), TEXT_BATCH):
        chosen = order[start : start + TEXT_BATCH]
        encoded = encode.encode_batch([texts[n] for n in chosen])
        ids = torch.tensor([e.ids for e in encoded])
        mask = torch.tensor([e.attention_mask for e in encoded])
        with torch.autocast("cpu", torch.bfloat16):
            result[chosen] = tower(ids, mask).float().numpy()
        if start // TEXT_BATCH % 100 == 99:
            done = start + TEXT_BATCH
            left = (time.monotonic() - began) / done * (len(order) - done) / 60
            print(f"texts: {done}/{len(order)}, {left:.1f} min left", flush=True)
    return result


SMALLEST, LARGEST = 28, 112  # short side of a degraded picture
WINDOW_MARGIN = 2  # four windows, two cells smaller than the map, stand for four crops of the picture


def degrade(image: Image.Image, rng: random.Random) -> Image.Image:
    """As if the picture had been a thumbnail."""
    side = round(SMALLEST * (LARGEST / SMALLEST) ** rng.random())
    small = image.resize((side, side), rng.choice([Image.Resampling.BOX, Image.Resampling.BICUBIC, Image.Resampling.BILINEAR]))
    return small.resize((IMAGE_SIZE, IMAGE_SIZE), Image.Resampling.BICUBIC)


def normalise(pixels: list[Image.Image]) -> torch.Tensor:
    batch = torch.from_numpy(np.stack([np.asarray(image) for image in pixels])).permute(0, 3, 1, 2).float()
    return ((batch - PIXEL_MEAN) / PIXEL_SCALE).contiguous(memory_format=torch.channels_last)


def crop_and_flip(image: Image.Image, rng: random.Random, least: float) -> Image.Image:
    """A random rectangle of at least `least` of the area, as a square of the tower's size; mirrored half the time."""
    width, height = image.size
    area = rng.uniform(least, 1.0)
    ratio = rng.uniform(0.85, 1.18)
    w = min(width, max(1, round((width * height * area * ratio) ** 0.5)))
    h = min(height, max(1, round((width * height * area / ratio) ** 0.5)))
    left, top = rng.randint(0, width - w), rng.randint(0, height - h)
    image = image.resize((IMAGE_SIZE, IMAGE_SIZE), Image.Resampling.BICUBIC, box=(left, top, left + w, top + h))
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if rng.random() < 0.5 else image


def picture_view(picture: Picture, view: str, rng: random.Random) -> Image.Image:
    """The picture as at inference, or a random crop of it, or as if it had been a thumbnail."""
    image = load_rgb(picture.path)
    if view == "plain":
        return Image.fromarray(preprocess(image, RESIZE_TO, IMAGE_SIZE))
    if view == "small":
        return degrade(crop_and_flip(image, rng, 0.7), rng)
    return crop_and_flip(image, rng, 0.5)


@torch.no_grad()
def image_features(tower: ImageTower, pictures: list[Picture], view: str, seed: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and maximum over the whole feature map and over its four windows, f16 [5, n, 2560]; class logits f16 [n, 1000].

    The same seed shows every tower the same pictures.
    """
    rng = random.Random(seed)
    tower = tower.to(memory_format=torch.channels_last)
    pooled: list[torch.Tensor] = []
    logits: list[torch.Tensor] = []
    began = time.monotonic()
    for start in range(0, len(pictures), IMAGE_BATCH):
        images = [picture_view(picture, view, rng) for picture in pictures[start : start + IMAGE_BATCH]]
        with torch.autocast("cpu", torch.bfloat16):
            features, _ = tower(normalise(images))
        features = features.float().contiguous()
        mean, window = features.mean((2, 3)), features.shape[-1] - WINDOW_MARGIN
        whole = torch.cat([mean, features.amax((2, 3))], 1)[None]
        windows = torch.cat([F.avg_pool2d(features, window, WINDOW_MARGIN), F.max_pool2d(features, window, WINDOW_MARGIN)], 1)
        pooled.append(torch.cat([whole, windows.flatten(2).permute(2, 0, 1)]).half())
        logits.append(tower.classifier(mean).half())
        if start // IMAGE_BATCH % 20 == 19:
            done = start + IMAGE_BATCH
            left = (time.monotonic() - began) / done * (len(pictures) - done) / 60
            print(f"pictures, {tower.spec.name}, {view}: {done}/{len(pictures)}, {left:.1f} min left", flush=True)
    return torch.cat(pooled, 1), torch.cat(logits)
