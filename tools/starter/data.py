"""The pictures, captions and splits of the data folder, and which of them may be trained on.

Trained on: the Flickr8k train list, the clothing train split, Tiny-ImageNet less its held-out classes.
Chosen with: the Flickr8k val list, the clothing validation split, the held-out Tiny-ImageNet classes.
Measured with, never trained or tuned on: the Flickr8k test list, imagenet-sample, clothing test, cifar10.
"""

from __future__ import annotations

import tarfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).resolve().parent
ARCHIVES = ["flickr8k-224.tar", "flickr8k-captions.tar.xz", "imagenet-sample-224.tar", "clothing-10-224.tar", "cifar10-test-1000.tar", "tiny-imagenet-64-30x200.tar"]
HELD_OUT_EVERY = 5  # every fifth Tiny-ImageNet class is never trained on
UNLABELLED = -1


@dataclass(frozen=True)
class Picture:
    path: Path
    label: int  # ImageNet class index, or UNLABELLED


def unpack(source: Path, target: Path) -> None:
    """Unpack the archives of the data folder once."""
    for name in ARCHIVES:
        mark = target / f".{name}.done"
        if mark.exists():
            continue
        target.mkdir(parents=True, exist_ok=True)
        with tarfile.open(source / name) as archive:
            archive.extractall(target, filter="data")
        mark.touch()


def imagenet_classes() -> list[tuple[str, str]]:
    """The 1,000 (WordNet id, plain name) in class-index order."""
    lines = (HERE / "imagenet_classes.tsv").read_text(encoding="utf-8").splitlines()
    classes = [(wnid, name) for wnid, name in (line.split("\t") for line in lines if not line.startswith("#"))]
    assert len(classes) == 1000 and classes == sorted(classes, key=lambda c: c[0])
    return classes


def flickr_list(root: Path, split: str) -> list[str]:
    """The file names of a split, in the order of its list."""
    names = (root / "flickr8k-captions" / f"{split}.txt").read_text(encoding="utf-8").split()
    return [name if name.endswith(".jpg") else f"{name}.jpg" for name in names]


def flickr_captions(root: Path) -> dict[str, list[str]]:
    """File name → its five English captions, without the space before the closing period."""
    captions: dict[str, list[str]] = {}
    for line in (root / "flickr8k-captions" / "en.txt").read_text(encoding="utf-8").splitlines():
        key, text = line.split(" ", 1)
        captions.setdefault(key.split("#")[0], []).append(text.replace(" .", ".").replace(" ,", ",").strip())
    return captions


def flickr_pictures(root: Path, split: str) -> list[Picture]:
    return [Picture(root / "flickr8k" / name, UNLABELLED) for name in flickr_list(root, split)]


def tiny_pictures(root: Path, held_out: bool) -> list[Picture]:
    """Tiny-ImageNet pictures of the classes that are trained on, or of the held-out ones."""
    index = {wnid: number for number, (wnid, _) in enumerate(imagenet_classes())}
    folders = sorted(path for path in (root / "tiny-imagenet").iterdir() if path.is_dir())
    return [
        Picture(path, index[folder.name])
        for number, folder in enumerate(folders)
        if (number % HELD_OUT_EVERY == 0) == held_out
        for path in sorted(folder.iterdir())
    ]


def folder_pictures(root: Path) -> tuple[list[Picture], list[str]]:
    """A folder a class → pictures labelled by folder number, and the folder names."""
    folders = sorted(path for path in root.iterdir() if path.is_dir())
    pictures = [Picture(path, number) for number, folder in enumerate(folders) for path in sorted(folder.iterdir())]
    return pictures, [folder.name for folder in folders]


def load_rgb(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return image.convert("RGB")


def preprocess(image: Image.Image, resize_to: int, crop: int) -> np.ndarray:
    """Shorter side to `resize_to` (bicubic), longer side rounded down, centre crop with halves to even → u8 [crop, crop, 3]."""
    width, height = image.size
    if width <= height:
        size = (resize_to, resize_to * height // width)
    else:
        size = (resize_to * width // height, resize_to)
    image = image.resize(size, Image.Resampling.BICUBIC)
    left, top = round((size[0] - crop) / 2), round((size[1] - crop) / 2)
    return np.asarray(image.crop((left, top, left + crop, top + crop)))
