"""Fine-tune the image tower so that small, blurred pictures get the answers of sharp ones.

The published tower teaches: what it said of the sharp picture is what the student should say of the same picture shrunk
and enlarged again (or, one time in four, of the sharp one, so that nothing is unlearned). Tiny-ImageNet's training classes
add their labels. Batch norms are folded, so their statistics stay; the first blocks stay as they were.
"""

from __future__ import annotations

import copy
import random
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from data import UNLABELLED, Picture, load_rgb, preprocess
from towers import HEAD_CHANNELS, IMAGE_SIZE, PIXEL_MEAN, PIXEL_SCALE, ImageTower

EPOCHS = 1
BATCH = 32
PEAK_RATE = 1e-4
FROZEN_BLOCKS = 7  # the two highest resolutions
SMALLEST, LARGEST = 28, 112  # short side of a degraded picture
SHARP_SHARE = 0.25
LABEL_WEIGHT = 0.6
FEATURE_WEIGHT = 2.0


def degrade(image: Image.Image, rng: random.Random) -> Image.Image:
    """As if the picture had been a thumbnail."""
    side = round(SMALLEST * (LARGEST / SMALLEST) ** rng.random())
    small = image.resize((side, side), rng.choice([Image.Resampling.BOX, Image.Resampling.BICUBIC, Image.Resampling.BILINEAR]))
    return small.resize((IMAGE_SIZE, IMAGE_SIZE), Image.Resampling.BICUBIC)


def student_view(picture: Picture, rng: random.Random) -> Image.Image:
    image = Image.fromarray(preprocess(load_rgb(picture.path), IMAGE_SIZE, IMAGE_SIZE))
    if rng.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return image if rng.random() < SHARP_SHARE else degrade(image, rng)


def normalise(pixels: list[Image.Image]) -> Tensor:
    batch = torch.from_numpy(np.stack([np.asarray(image) for image in pixels])).permute(0, 3, 1, 2).float()
    return ((batch - PIXEL_MEAN) / PIXEL_SCALE).contiguous(memory_format=torch.channels_last)


def loss_of(pooled: Tensor, logits: Tensor, taught_pooled: Tensor, taught_logits: Tensor, labels: Tensor) -> Tensor:
    """The teacher's distribution, its pooled features, and the label where there is one."""
    log_probabilities = F.log_softmax(logits.float(), 1)
    from_teacher = F.kl_div(log_probabilities, F.softmax(taught_logits, 1), reduction="none").sum(1)
    features = 1 - F.cosine_similarity(pooled.float(), taught_pooled)
    from_label = F.nll_loss(log_probabilities, labels.clamp_min(0), reduction="none")
    weight = LABEL_WEIGHT * (labels != UNLABELLED).float()
    return ((1 - weight) * (from_teacher + FEATURE_WEIGHT * features) + weight * from_label).mean()


def finetune(tower: ImageTower, pictures: list[Picture], taught_pooled: Tensor, taught_logits: Tensor, target: Path) -> None:
    """Write the state dict of the fine-tuned tower, averaged over the last steps, to `target`."""
    rng = random.Random(1)
    torch.manual_seed(1)
    student = copy.deepcopy(tower).to(memory_format=torch.channels_last)
    student.stem.requires_grad_(False)
    student.blocks[:FROZEN_BLOCKS].requires_grad_(False)
    trained = [parameter for parameter in student.parameters() if parameter.requires_grad]
    average = {name: value.clone() for name, value in student.state_dict().items()}
    optimizer = torch.optim.AdamW(trained, lr=PEAK_RATE, weight_decay=0.02)
    order = list(range(len(pictures)))
    steps = EPOCHS * (len(order) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_RATE, total_steps=steps, pct_start=0.1)
    began, step, running = time.monotonic(), 0, 0.0
    for _ in range(EPOCHS):
        rng.shuffle(order)
        for start in range(0, len(order) - BATCH + 1, BATCH):
            chosen = order[start : start + BATCH]
            labels = torch.tensor([pictures[n].label for n in chosen])
            with torch.autocast("cpu", torch.bfloat16):
                with torch.no_grad():
                    early = student.early(normalise([student_view(pictures[n], rng) for n in chosen]), FROZEN_BLOCKS)
                pooled = student.late(early, FROZEN_BLOCKS).mean((2, 3))
                logits = student.classifier(pooled)
            loss = loss_of(pooled, logits, taught_pooled[chosen, :HEAD_CHANNELS].float(), taught_logits[chosen].float(), labels)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            schedule.step()
            step += 1
            decay = min(0.99, step / (step + 20))
            for name, value in student.state_dict().items():
                average[name].lerp_(value, 1 - decay)
            running = loss.item() if step == 1 else 0.95 * running + 0.05 * loss.item()
            if step % 20 == 0:
                left = (time.monotonic() - began) / step * (steps - step) / 60
                print(f"image tower: step {step}/{steps}, loss {running:.3f}, {left:.0f} min left", flush=True)
    torch.save(average, target)
