"""Goldens of picture decoding and preprocessing, made with Pillow and the original's transform.

    PYTHONPATH=tools/goldens/shim .venv/bin/python tools/goldens/images.py

Writes the pictures, `expected.json` (SHA-256 of the RGB bytes [size, size, 3]) and `resizes.json` (of whole resizes of
noise, without a file) to test/golden/image/. A second
process without the shim adds transformers' results (`--huggingface`); the script starts it by itself.
"""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import PIL
from PIL import Image

OUT = Path(__file__).resolve().parents[2] / "test" / "golden" / "image"
SIZE = 32
SEED = 20261123


def smooth(height, width, channels, seed):
    """Photo-like: coarse noise brought up to size, with some fine noise, so that files stay small."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (max(2, height // 8), max(2, width // 8), channels), dtype=np.uint8)
    planes = [
        np.asarray(Image.fromarray(coarse[:, :, c]).resize((width, height), Image.Resampling.BICUBIC), dtype=np.int16)
        for c in range(channels)
    ]
    noisy = np.stack(planes, axis=2) + rng.integers(-12, 13, (height, width, channels))
    return np.clip(noisy, 0, 255).astype(np.uint8)


def pictures():
    """Name, Pillow picture, save arguments."""
    sizes = [
        (1, 1), (1, 50), (50, 1), (2, 3), (31, 32), (32, 31), (32, 32), (33, 32), (32, 33), (33, 33), (34, 35),
        (35, 34), (47, 64), (64, 47), (63, 65), (65, 63), (37, 101), (101, 37), (97, 96), (120, 90), (90, 120),
        (99, 33), (33, 99), (66, 33), (40, 300), (300, 40), (128, 128), (127, 129), (53, 53), (31, 31), (16, 24), (5, 7),
    ]
    for i, (height, width) in enumerate(sizes):
        yield f"rgb-{width}x{height}.png", Image.fromarray(smooth(height, width, 3, SEED + i)), {}
    odd = {"odd": (43, 57), "tall": (71, 38), "same": (32, 32)}
    for j, (name, (height, width)) in enumerate(odd.items()):
        rgba = smooth(height, width, 4, SEED + 100 + j)
        rgb = Image.fromarray(rgba[:, :, :3])
        grey = Image.fromarray(rgba[:, :, 0])
        yield f"grey-{name}.png", grey, {}
        yield f"grey-{name}.jpg", grey, {"quality": 85}
        yield f"one-{name}.png", grey.convert("1"), {}
        yield f"grey-alpha-{name}.png", Image.fromarray(rgba[:, :, :2], "LA"), {}
        yield f"rgba-{name}.png", Image.fromarray(rgba), {}
        yield f"palette-{name}.png", rgb.quantize(32), {}
        yield f"palette-4-{name}.png", rgb.quantize(12), {}
        yield f"palette-alpha-{name}.png", rgb.quantize(32), {"transparency": 3}
        yield f"sixteen-{name}.png", Image.fromarray(rgba[:, :, 0].astype(np.uint16) * 3), {}
        yield f"cmyk-{name}.jpg", Image.fromarray(rgba, "CMYK"), {"quality": 90}
        yield f"cmyk-{name}.tif", Image.fromarray(rgba, "CMYK"), {"compression": "tiff_lzw"}
        yield f"progressive-{name}.jpg", rgb, {"quality": 85, "progressive": True}
        yield f"chroma-{name}.jpg", rgb, {"quality": 85, "subsampling": 0}
        yield f"webp-{name}.webp", rgb, {"quality": 80}
        yield f"webp-alpha-{name}.webp", Image.fromarray(rgba), {"lossless": True}
        yield f"gif-{name}.gif", rgb.quantize(32), {}
        other = Image.fromarray(255 - rgba[:, :, :3]).quantize(32)
        yield f"animated-{name}.gif", rgb.quantize(32), {"save_all": True, "append_images": [other]}
        yield f"key-colour-{name}.png", rgb, {"transparency": tuple(int(v) for v in rgba[0, 0, :3])}
        yield f"sixteen-{name}.tif", Image.fromarray(rgba[:, :, 0].astype(np.uint16) * 3), {}
        yield f"one-{name}.tif", grey.convert("1"), {"compression": "group4"}
        yield f"rgba-{name}.tif", Image.fromarray(rgba), {"compression": "tiff_adobe_deflate"}
        yield f"webp-lossless-{name}.webp", rgb, {"lossless": True}
        yield f"webp-animated-{name}.webp", rgb, {"save_all": True, "append_images": [other.convert("RGB")], "quality": 80}
        yield f"turned-{name}.tif", rgb, {"tiffinfo": {274: 6}, "compression": "tiff_lzw"}
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        yield f"exif-{orientation}.jpg", Image.fromarray(smooth(40, 61, 3, SEED + 300)), {"quality": 85, "exif": exif}


def digest(array):
    return hashlib.sha256(np.ascontiguousarray(array, dtype=np.uint8).tobytes()).hexdigest()


def original(paths):
    """The original's steps up to ToTensor (clip/clip.py: Resize, CenterCrop, convert RGB)."""
    import clip.clip
    from PIL import ImageOps

    steps = clip.clip._transform(SIZE).transforms
    to_rgb = lambda image: image.convert("RGB")  # noqa: E731
    found = {}
    for path in paths:
        def run(image):
            for step in steps[:2]:
                image = step(image)
            return digest(np.asarray(to_rgb(image)))

        image = Image.open(path)
        found[path.name] = {"mode": image.mode, "reference": run(image)}
        if path.name.startswith("exif"):
            found[path.name]["upright"] = run(ImageOps.exif_transpose(Image.open(path)))
        found[path.name]["decoded"] = digest(np.asarray(Image.open(path).convert("RGB")))
    return found


def huggingface(paths):
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    processor = CLIPImageProcessorPil(
        size={"shortest_edge": SIZE}, crop_size={"height": SIZE, "width": SIZE}, do_rescale=False, do_normalize=False
    )
    return {path.name: digest(np.asarray(processor(Image.open(path)).pixel_values[0]).transpose(1, 2, 0)) for path in paths}


def noise(count, seed):
    """The bytes that test/image/resize.test.ts makes too: the high byte of x -> 1664525 x + 1013904223 (Numerical Recipes)."""
    out = np.empty(count, np.uint8)
    for i in range(count):
        seed = (seed * 1664525 + 1013904223) & 0xFFFFFFFF
        out[i] = seed >> 24
    return out


def resizes():
    """Whole resizes of noise: [width, height, to width, to height, filter, channels, depth, SHA-256]."""
    random = np.random.default_rng(SEED)
    shapes = [tuple(int(v) for v in random.integers(1, 90, 4)) for _ in range(60)]
    shapes += [(int(a), int(b), int(c), int(d)) for a, b, c, d in zip(
        random.integers(1, 30, 30), random.integers(60, 300, 30), random.integers(1, 60, 30), random.integers(1, 60, 30)
    )]
    shapes += [(b, a, d, c) for a, b, c, d in shapes[60:]]
    shapes += [(1, 1, 224, 224), (1, 1000, 3, 3), (1000, 1, 3, 3), (225, 31, 224, 30), (40, 40, 40, 9), (40, 40, 9, 40), (1, 70_000, 2, 5)]
    bytes_ = noise(80_000, SEED)
    rows = []
    for i, (width, height, to_width, to_height) in enumerate(shapes):
        name = ("bicubic", "bilinear", "lanczos", "nearest")[i % 4]
        for channels, depth in ((1, 8), (3, 8), (4, 8), (1, 16)):
            count = width * height * channels * (depth // 8)
            if count > len(bytes_) or (depth == 16 and name == "nearest"):
                continue
            source = bytes_[:count].view("<u2") if depth == 16 else bytes_[:count]
            source = source.reshape((height, width, channels) if channels > 1 else (height, width))
            image = Image.fromarray(source, "CMYK") if channels == 4 else Image.fromarray(source)
            made = np.asarray(image.resize((to_width, to_height), Image.Resampling[name.upper()]))
            digest_ = hashlib.sha256(np.ascontiguousarray(made).tobytes()).hexdigest()
            rows.append([width, height, to_width, to_height, name, channels, depth, digest_])
    return rows


def main():
    paths = sorted(path for path in OUT.iterdir() if path.suffix != ".json") if "--huggingface" in sys.argv else []
    if paths:
        print(json.dumps(huggingface(paths)))
        return
    OUT.mkdir(parents=True, exist_ok=True)
    names = []
    for name, image, arguments in pictures():
        image.save(OUT / name, **arguments)
        names.append(OUT / name)
    expected = original(sorted(names))
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    other = subprocess.run(
        [sys.executable, __file__, "--huggingface"], env=environment, check=True, capture_output=True, text=True
    )
    for name, value in json.loads(other.stdout.strip().splitlines()[-1]).items():
        expected[name]["huggingface"] = value
    import transformers

    provenance = {
        "script": "tools/goldens/images.py",
        "size": SIZE,
        "seed": SEED,
        "pillow": PIL.__version__,
        "clip-anytorch": "2.6.0",
        "transformers": transformers.__version__,
    }
    (OUT / "expected.json").write_text(json.dumps({"provenance": provenance, "pictures": expected}, indent=1) + "\n")
    rows = ",\n  ".join(json.dumps(row) for row in resizes())
    (OUT / "resizes.json").write_text(
        f'{{"provenance": {json.dumps({"script": provenance["script"], "pillow": PIL.__version__, "seed": SEED})}, "rows": [\n  {rows}\n]}}\n'
    )
    print(len(names), "pictures,", sum(path.stat().st_size for path in names), "bytes")


if __name__ == "__main__":
    main()
