"""What the peers' scripts share."""

import sys
from pathlib import Path

MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


def with_torchvision():
    """open_clip imports torchvision; where it can't be had, the repository's small stand-in does."""
    try:
        import torchvision  # noqa: F401
    except ImportError:
        shim = Path(__file__).resolve().parents[2] / "tools/goldens/shim"
        if shim.is_dir():
            sys.path.insert(0, str(shim))


def open_checkpoint(path):
    """An OpenAI checkpoint (TorchScript archive, or its tensors by name) → open_clip's model in fp32."""
    with_torchvision()
    import open_clip
    import torch

    try:
        return open_clip.load_openai_model(str(path), precision="fp32", device="cpu").eval()
    except RuntimeError:
        state = torch.load(path, map_location="cpu", weights_only=True)
        for name in ("input_resolution", "context_length", "vocab_size"):
            state.pop(name, None)
        return open_clip.model.build_model_from_openai_state_dict(state, cast_dtype=torch.float32).float().eval()


def normalised(pixels):
    """u8 [n, h, w, 3] → f32 [n, 3, h, w]"""
    import numpy

    x = pixels.astype(numpy.float32) / numpy.float32(255)
    x = (x - numpy.asarray(MEAN, numpy.float32)) / numpy.asarray(STD, numpy.float32)
    return numpy.ascontiguousarray(x.transpose(0, 3, 1, 2))


def square(file, size):
    """A picture file → u8 [size, size, 3], as the original cuts it."""
    import numpy
    from PIL import Image

    image = Image.open(file)
    short = min(image.size)
    width, height = (size if side == short else int(size * side / short) for side in image.size)
    image = image.resize((width, height), Image.Resampling.BICUBIC)
    left, top = round((width - size) / 2), round((height - size) / 2)
    return numpy.asarray(image.crop((left, top, left + size, top + size)).convert("RGB"))


def squares(files, size, count):
    """`count` squares: the pictures, and where they are fewer, other corners and mirror images of them."""
    import numpy
    from PIL import Image

    made = []
    for i in range(count):
        turn = i // len(files)
        if turn == 0:
            made.append(square(files[i], size))
            continue
        image = Image.open(files[i % len(files)]).convert("RGB")
        scale = size * (1 + 0.1 * (turn % 5)) / min(image.size)
        image = image.resize([max(size, round(side * scale)) for side in image.size], Image.Resampling.BICUBIC)
        x, y = (image.width - size) * (turn % 3) // 2, (image.height - size) * (turn % 4) // 3
        pixels = numpy.asarray(image.crop((x, y, x + size, y + size)))
        made.append(pixels[:, ::-1] if turn % 2 else pixels)
    return numpy.stack(made)
