"""What the blend was chosen with: validation splits only.

Known classes: the held-out Tiny-ImageNet pictures, among their 41 names and among all 1,000.
Plain nouns: the same pictures among coarse words of WordNet ("dog", "bird", "tool", …).
Clothing: the validation split. Captions: the Flickr8k val list.
Natural pictures without labels: the Flickr8k val list among all 1,000 names, judged by the towers' own probabilities.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from data import flickr_captions, flickr_list, folder_pictures, imagenet_classes, tiny_pictures
from features import text_features
from heads import Blend, ImageHeads, TextHeads, joint_image, joint_text
from towers import TextTower
from wordnet import WordNet

BLEND = Blend(image=[0.4, 0.3, 0.3], name=[0.82, 0.13, 0.05], sentence=[0.0, 0.02, 0.98], logit_scale=20.0)
COARSE = "dog cat bird fish insect snake bear monkey car bridge fruit clothing weapon tool shoe butterfly fence mountain person utensil ox tractor toy machine".split()
SCALES = [6, 8, 10, 12, 15, 20, 25, 30, 40, 60]
TEMPLATES = ["{}", "a photo of a {}."]


def coarse_labels(wordnet: WordNet, labels: list[int]) -> np.ndarray:
    """Each class's nearest coarse word, −1 where there is none."""
    classes = imagenet_classes()
    result: list[int] = []
    for label in labels:
        above = wordnet.ancestors(classes[label][0])
        near = [(above[wordnet.senses[word][0]], number) for number, word in enumerate(COARSE) if wordnet.senses[word][0] in above]
        result.append(min(near)[1] if near else -1)
    return np.array(result)


@torch.no_grad()
def report_validation(root: Path, wordnet: WordNet, features: dict[str, tuple[Tensor, Tensor]], image: ImageHeads, text: TextHeads, tower: TextTower) -> None:
    """Print the figures of the blend on the validation splits, and the logit scale that fits them best."""

    def pictures(name: str) -> Tensor:
        pooled, probabilities = features[f"{name}-plain"]
        return joint_image(image(pooled[0].float(), probabilities), BLEND)

    def words(texts: list[str]) -> Tensor:
        parts, gate = text(torch.from_numpy(text_features(tower, texts)).float(), image.class_vectors)
        return joint_text(parts, gate, BLEND)

    classes = imagenet_classes()
    truth = np.array([picture.label for picture in tiny_pictures(root, held_out=True)])
    held = sorted(set(truth.tolist()))
    coarse = coarse_labels(wordnet, truth.tolist())
    clothing, folders = folder_pictures(root / "clothing" / "validation")
    worn = np.array([picture.label for picture in clothing])
    tasks = [
        ("held-out classes, their 41 names", "tiny-held", [classes[label][1] for label in held], np.searchsorted(held, truth)),
        ("held-out classes, all 1,000 names", "tiny-held", [name for _, name in classes], truth),
        ("held-out classes, coarse words", "tiny-held", COARSE, coarse),
        ("clothing validation", "clothing-val", folders, worn),
    ]
    for title, name, labels, answers in tasks:
        known = answers >= 0
        wanted = torch.from_numpy(answers[known])
        for template in TEMPLATES:
            similarity = (pictures(name) @ words([template.format(label) for label in labels]).T)[torch.from_numpy(known)]
            right = (similarity.argmax(1) == wanted).float().mean().item()
            losses = {scale: F.cross_entropy(scale * similarity, wanted).item() for scale in SCALES}
            print(f"{title}, {template}: {right:.3f}; best logit scale {min(losses, key=lambda scale: losses[scale])}", flush=True)
    believed = features["flickr-val-plain"][1]
    for template in TEMPLATES:
        chosen = (pictures("flickr-val") @ words([template.format(name) for _, name in classes]).T).argmax(1, keepdim=True)
        kept = believed.gather(1, chosen).sum() / believed.amax(1).sum()
        print(f"flickr8k val, all 1,000 names, {template}: {kept:.4f} of the accuracy that the towers expect of themselves", flush=True)
    captions = flickr_captions(root)
    files = flickr_list(root, "val")
    similarity = words([caption for file in files for caption in captions[file]]) @ pictures("flickr-val").T
    own = torch.arange(len(files)).repeat_interleave(5)
    rank = (similarity > similarity.gather(1, own[:, None])).sum(1)
    print("flickr8k val, text→image: " + ", ".join(f"R@{k} {(rank < k).float().mean():.3f}" for k in (1, 5, 10)), flush=True)
