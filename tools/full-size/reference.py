"""One of the five real shapes with seeded random weights, in OpenAI's own file format, and its reference features.

    PYTHONPATH=tools/goldens/shim python tools/full-size/reference.py ViT-B/32 OUT

writes OUT/model.pt (a TorchScript archive of mixed precision, as the published files are), OUT/pixels.bin (u8
[4, size, size, 3]) and OUT/reference.json (sizes, token ids, features in fp32, parameters as counted).
"""

import json
import sys
from pathlib import Path

import clip
import numpy
import torch
from clip.model import CLIP, convert_weights
from PIL import Image

SEED = 20210226
# name: embed_dim, pixels, vision layers, vision width, patch; then text width, heads (12 layers, 77 tokens, 49408 ids)
SHAPES = {
    "RN50": (1024, 224, (3, 4, 6, 3), 64, None, 512, 8),
    "RN101": (512, 224, (3, 4, 23, 3), 64, None, 512, 8),
    "ViT-B/32": (512, 224, 12, 768, 32, 512, 8),
    "ViT-L/14": (768, 224, 24, 1024, 14, 768, 12),
    "ViT-L/14@336px": (768, 336, 24, 1024, 14, 768, 12),
}
MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
PROMPTS = [
    "a photo of a cat.",
    "a diagram",
    "a centered satellite photo of annual crop land.",
    "itap of the origami piano, beside a very old lamp and three empty cups.",
    "x",
    "word " * 100,
]


def pictures(size):
    """u8 [4, size, size, 3]: noise blurred to different degrees, as smooth as photos are."""
    random = numpy.random.default_rng(SEED)
    cells = [random.integers(0, 256, (n, n, 3), dtype=numpy.uint8) for n in (3, 9, 40, size)]
    return numpy.stack([numpy.asarray(Image.fromarray(c).resize((size, size), Image.Resampling.BICUBIC)) for c in cells])


def planes(pixels):
    x = torch.from_numpy(pixels.copy()).permute(0, 3, 1, 2).float() / 255
    return (x - torch.tensor(MEAN).view(1, 3, 1, 1)) / torch.tensor(STD).view(1, 3, 1, 1)


@torch.no_grad()
def trained_like(model, x):
    """The original's initial values, with norms and biases as spread as trained ones: some channels far larger than the rest."""
    generator = torch.Generator().manual_seed(SEED)
    for name, p in model.named_parameters():
        if name == "logit_scale":
            p.fill_(numpy.log(100))
        elif name.endswith("bias"):
            p.copy_(torch.randn(p.shape, generator=generator) * 0.1)
        elif p.dim() == 1 and name.endswith("weight"):
            p.copy_(torch.rand(p.shape, generator=generator) + 0.5)
            if "ln_" in name:
                p[torch.randperm(len(p), generator=generator)[:4]] *= 8
        elif "embedding" in name:
            p.mul_(5)
    norms = [module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    if norms:
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None
        model.train().visual(x)
    return model.eval()


def save_torchscript(model, size, path):
    """Traced as the published files are, then narrowed by the original's convert_weights: the archive shares the tensors."""
    for name, value in (("input_resolution", size), ("context_length", 77), ("vocab_size", 49408)):
        if hasattr(model, name):
            delattr(model, name)
        model.register_buffer(name, torch.tensor(value))
    picture, ids = torch.zeros(1, 3, size, size), torch.zeros(1, 77, dtype=torch.long)
    with torch.no_grad():
        traced = torch.jit.trace(model, (picture, ids), check_trace=False)
    convert_weights(model)
    torch.jit.save(traced, path)


def main():
    name, out = sys.argv[1], Path(sys.argv[2])
    dim, size, layers, width, patch, text_width, text_heads = SHAPES[name]
    torch.manual_seed(SEED)
    pixels = pictures(size)
    x = planes(pixels)
    model = CLIP(dim, size, layers, width, patch, 77, 49408, text_width, text_heads, 12)
    trained_like(model, x)
    save_torchscript(model, size, str(out / "model.pt"))
    del model

    state = torch.jit.load(out / "model.pt", map_location="cpu").state_dict()
    kinds = {str(value.dtype) for value in state.values()}
    assert kinds == {"torch.float16", "torch.float32", "torch.int64"}, kinds
    reference = clip.model.build_model(state).float().eval()
    ids = clip.tokenize(PROMPTS, truncate=True)
    with torch.no_grad():
        image = torch.cat([reference.encode_image(one[None]) for one in x])
        text = reference.encode_text(ids)
    pixels.tofile(out / "pixels.bin")
    facts = {
        "size": size,
        "count": len(pixels),
        "ids": ids.tolist(),
        "image": image.tolist(),
        "text": text.tolist(),
        "parameters": sum(p.numel() for p in reference.parameters()),
        "visual": sum(p.numel() for p in reference.visual.parameters()),
    }
    (out / "reference.json").write_text(json.dumps(facts))


main()
