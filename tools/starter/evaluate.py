"""Print the starter's figures, from its exported files alone, on the measuring splits of the data folder.

    python evaluate.py DATA [--starter FOLDER]

DATA is the folder of the unpacked archives. Nothing here is ever trained or tuned on.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from data import flickr_captions, flickr_list, folder_pictures, imagenet_classes, load_rgb, preprocess

BATCH = 16


class Starter:
    """The two towers of an exported starter folder."""

    def __init__(self, folder: Path, threads: int = 2) -> None:
        self.spec = json.loads((folder / "zeroclip.json").read_text(encoding="utf-8"))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        providers = ["CPUExecutionProvider"]
        self.image = onnxruntime.InferenceSession(folder / self.spec["image"]["file"], options, providers=providers)
        self.text = onnxruntime.InferenceSession(folder / self.spec["text"]["file"], options, providers=providers)
        self.tokenizer = Tokenizer.from_file(str(folder / self.spec["text"]["tokenizer"]))
        self.tokenizer.enable_truncation(self.spec["text"]["maxLength"])
        self.tokenizer.enable_padding(pad_id=self.spec["text"]["padTokenId"])

    def encode_images(self, paths: list[Path]) -> np.ndarray:
        resize = self.spec["image"]["resize"]
        rows: list[np.ndarray] = []
        for start in range(0, len(paths), BATCH):
            pixels = np.stack([preprocess(load_rgb(path), resize["resizeTo"], resize["crop"]) for path in paths[start : start + BATCH]])
            rows.append(self.image.run(["features"], {"pixels": pixels})[0])
        return np.concatenate(rows)

    def encode_texts(self, texts: list[str]) -> np.ndarray:
        rows: list[np.ndarray] = []
        for start in range(0, len(texts), 64):
            encoded = self.tokenizer.encode_batch(texts[start : start + 64])
            ids = np.array([e.ids for e in encoded], np.int64)
            mask = np.array([e.attention_mask for e in encoded], np.int64)
            rows.append(self.text.run(["features"], {"input_ids": ids, "attention_mask": mask})[0])
        return np.concatenate(rows)

    def encode_labels(self, labels: list[str], templates: list[str]) -> np.ndarray:
        """The unit mean of a label's prompts."""
        means = np.mean([self.encode_texts([template.replace("{}", label) for label in labels]) for template in templates], axis=0)
        return means / np.linalg.norm(means, axis=1, keepdims=True)


def accuracy(images: np.ndarray, labels: np.ndarray, classes: np.ndarray) -> float:
    return float((np.argmax(images @ classes.T, axis=1) == labels).mean())


def recalls(images: np.ndarray, texts: np.ndarray, own: np.ndarray) -> list[float]:
    """Text→image recall at 1, 5 and 10; `own` is each text's picture."""
    similarity = texts @ images.T
    rank = (similarity > similarity[np.arange(len(texts)), own][:, None]).sum(1)
    return [float((rank < k).mean()) for k in (1, 5, 10)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--starter", type=Path, default=Path(__file__).resolve().parents[2] / "starter")
    options = parser.parse_args()
    root: Path = options.data
    starter = Starter(options.starter)
    forms = {"default": starter.spec["templates"], "bare": ["{}"], "a photo of a {}.": ["a photo of a {}."]}

    pictures = sorted((root / "imagenet-sample").iterdir())
    images = starter.encode_images(pictures)
    sets = {
        "imagenet-sample, names of the files": [path.stem.split("_", 1)[1].replace("_", " ") for path in pictures],
        "imagenet-sample, plain names": [name for _, name in imagenet_classes()],
    }
    for title, names in sets.items():
        show(title, starter, images, np.arange(1000), names, forms)
    for title, folder in {"cifar10": root / "cifar10", "clothing test": root / "clothing" / "test"}.items():
        labelled, names = folder_pictures(folder)
        images = starter.encode_images([picture.path for picture in labelled])
        show(title, starter, images, np.array([picture.label for picture in labelled]), names, forms)
    files = flickr_list(root, "test")
    captions = flickr_captions(root)
    texts = starter.encode_texts([caption for name in files for caption in captions[name]])
    own = np.repeat(np.arange(len(files)), [len(captions[name]) for name in files])
    found = recalls(starter.encode_images([root / "flickr8k" / name for name in files]), texts, own)
    print("flickr8k test, text→image: " + ", ".join(f"R@{k} {value:.3f}" for k, value in zip((1, 5, 10), found)))


def show(title: str, starter: Starter, images: np.ndarray, labels: np.ndarray, names: list[str], forms: dict[str, list[str]]) -> None:
    figures = [f"{form} {accuracy(images, labels, starter.encode_labels(names, templates)):.3f}" for form, templates in forms.items()]
    print(f"{title}: " + ", ".join(figures), flush=True)


if __name__ == "__main__":
    main()
