"""Features of the tiny checkpoints by the reference implementations, in fp32.

    PYTHONPATH=tools/goldens/shim python tools/goldens/embeddings.py

reads test/golden/checkpoint/ (made by checkpoints.py), adds a ResNet of its own, and writes test/golden/models/embeddings.json: for each case the
features of the pictures under `pixels` (u8 [3, size, size, 3], base64) and of the token ids beside them. OpenAI's files run
in the original's code, open_clip's in open_clip, and Hugging Face's folders in transformers, in a second process without
the shim, which this one starts.
"""

import base64
import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy
import torch
from PIL import Image

SEED = 20210105
ROOT = Path(__file__).resolve().parents[2]
CHECKPOINTS = ROOT / "test" / "golden" / "checkpoint"
OUT = ROOT / "test" / "golden" / "models" / "embeddings.json"
OPENAI_MEAN, OPENAI_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)

# The same weights under a configuration that differs in what the weights do not show.
HF_VARIANTS = {
    "end id 100, exact GELU, epsilon 1e-3": {
        "text_config": {"eos_token_id": 100, "hidden_act": "gelu", "layer_norm_eps": 1e-3},
        "vision_config": {"hidden_act": "gelu"},
    },
    "legacy end id 2, tanh GELU, 2 heads": {
        "text_config": {"eos_token_id": 2, "hidden_act": "gelu_new", "num_attention_heads": 2},
        "vision_config": {"hidden_act": "gelu_pytorch_tanh", "num_attention_heads": 8, "layer_norm_eps": 1e-3},
    },
}


def pictures(size, count=3):
    """u8 [count, size, size, 3]: blurred noise, as smooth as photos are; the last is plain noise, black and white."""
    random = numpy.random.default_rng(SEED + size)
    result = []
    for cells in (3, 7):
        noise = random.integers(0, 256, (cells, cells, 3), dtype=numpy.uint8)
        result.append(numpy.asarray(Image.fromarray(noise).resize((size, size), Image.Resampling.BICUBIC)))
    result.append(random.integers(0, 2, (size, size, 3), dtype=numpy.uint8) * 255)
    return numpy.stack(result[:count])


def token_ids(vocabulary, context):
    """i64 [4, context]: start and end are the two largest ids; end at 1, 4, the middle, and the last place."""
    random = numpy.random.default_rng(SEED + vocabulary)
    rows = numpy.zeros((4, context), dtype=numpy.int64)
    for row, end in zip(rows, (1, 4, context // 2, context - 1), strict=True):
        row[0] = vocabulary - 2
        row[1:end] = random.integers(1, vocabulary - 2, end - 1)
        row[end] = vocabulary - 1
    # Where a configuration names another end id, that comes earlier, and twice.
    rows[1, 2] = rows[2, 3] = rows[2, 5] = rows[3, 6] = 100
    return rows


def planes(pixels, mean, std):
    """torchvision's ToTensor and Normalize."""
    x = torch.from_numpy(pixels.copy()).permute(0, 3, 1, 2).to(torch.float32) / 255
    return (x - torch.tensor(mean).view(1, 3, 1, 1)) / torch.tensor(std).view(1, 3, 1, 1)


@torch.no_grad()
def run(model, size, vocabulary, context, mean=OPENAI_MEAN, std=OPENAI_STD):
    """model: anything with encode_image and encode_text."""
    pixels, ids = pictures(size), token_ids(vocabulary, context)
    image = model.encode_image(planes(pixels, mean, std))
    text = model.encode_text(torch.from_numpy(ids))
    return {
        "size": size,
        "ids": ids.tolist(),
        "image": rounded(image),
        "text": rounded(text),
    }


def rounded(features):
    """Nine digits hold every f32."""
    return [[float(f"{value:.9g}") for value in row] for row in features.to(torch.float32).tolist()]


def openai(path):
    import clip.model

    state = torch.jit.load(path, map_location="cpu").state_dict()
    model = clip.model.build_model(dict(state)).float().eval()
    return run(model, int(state["input_resolution"]), int(state["vocab_size"]), int(state["context_length"]))


def open_clip_file(path, tower):
    from checkpoints import open_clip_config
    from open_clip.model import CLIP
    from safetensors.torch import load_file

    config = open_clip_config(tower)
    model = CLIP(config["embed_dim"], config["vision_cfg"], config["text_cfg"], config["quick_gelu"])
    state = load_file(path) if path.suffix == ".safetensors" else torch.load(path, weights_only=True)
    model.load_state_dict(state)
    return run(model.float().eval(), config["vision_cfg"]["image_size"], 128, 16)


def calibrated_resnet():
    """The tiny ResNet with batch norms fitted to the pictures: with those of chance, all pictures have the same feature."""
    from checkpoints import open_clip_config, open_clip_model
    from safetensors.torch import save_file

    size = open_clip_config("rn")["vision_cfg"]["image_size"]
    model = open_clip_model("rn")
    norms = [module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    with torch.no_grad():
        model.train().encode_image(planes(pictures(size), OPENAI_MEAN, OPENAI_STD))
    state = {name: value.half() if value.dim() > 1 else value for name, value in model.state_dict().items()}
    path = OUT.parent / "tiny-rn-calibrated.safetensors"
    save_file(state, path)
    return open_clip_file(path, "rn")


def open_clip_folder(path):
    import open_clip

    config = json.loads((path / "open_clip_config.json").read_text())
    model = open_clip.create_model(f"local-dir:{path}").float().eval()
    pre = config["preprocess_cfg"]
    return run(model, config["model_cfg"]["vision_cfg"]["image_size"], 128, 16, pre["mean"], pre["std"])


def huggingface(path, changes):
    from transformers import CLIPConfig, CLIPModel

    config = CLIPConfig.from_pretrained(path)
    for part, values in changes.items():
        for key, value in values.items():
            setattr(getattr(config, part), key, value)

    class Towers:
        def __init__(self, model):
            self.model = model

        def encode_image(self, x):
            return self.model.get_image_features(pixel_values=x).pooler_output

        def encode_text(self, ids):
            return self.model.get_text_features(input_ids=ids).pooler_output

    model = CLIPModel.from_pretrained(path, config=config, attn_implementation="eager").float().eval()
    return run(Towers(model), config.vision_config.image_size, config.text_config.vocab_size, 16)


def huggingface_cases():
    cases = []
    for name in ("tiny-vit-hf", "tiny-vit-hf-sharded", "tiny-vit-hf-bin"):
        cases.append({"path": name, "by": "transformers"} | huggingface(CHECKPOINTS / name, {}))
    for label, changes in HF_VARIANTS.items():
        case = {"path": "tiny-vit-hf", "by": "transformers", "label": label, "changes": changes}
        cases.append(case | huggingface(CHECKPOINTS / "tiny-vit-hf", changes))
    return cases


def main():
    if "--huggingface" in sys.argv:
        json.dump(huggingface_cases(), sys.stdout)
        return
    cases = []
    for name in ("tiny-vit.openai.pt", "tiny-rn.openai.pt"):
        cases.append({"path": name, "by": "clip"} | openai(CHECKPOINTS / name))
    for name in ("tiny-vit.state-dict.pt", "tiny-vit.legacy.pt", "tiny-vit.safetensors", "tiny-vit.bf16.safetensors"):
        cases.append({"path": name, "by": "open_clip"} | open_clip_file(CHECKPOINTS / name, "vit-quick"))
    rn = open_clip_file(CHECKPOINTS / "tiny-rn-open-clip.pt", "rn")
    cases.append({"path": "tiny-rn-open-clip.pt", "by": "open_clip", "activation": "gelu"} | rn)
    calibrated = calibrated_resnet()
    path = "../models/tiny-rn-calibrated.safetensors"
    cases.append({"path": path, "by": "open_clip", "activation": "gelu"} | calibrated)
    for name in ("tiny-vit-open-clip", "tiny-vit-open-clip-bin"):
        cases.append({"path": name, "by": "open_clip"} | open_clip_folder(CHECKPOINTS / name))
    plain = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [sys.executable, __file__, "--huggingface"]
    cases += json.loads(subprocess.run(command, env=plain, check=True, stdout=subprocess.PIPE).stdout)
    for case in cases:
        first, second = numpy.array(case["image"][:2])
        case["varied"] = bool(1 - first @ second / numpy.linalg.norm(first) / numpy.linalg.norm(second) > 1e-3)
    packages = ("torch", "clip-anytorch", "open_clip_torch", "transformers", "numpy", "pillow")
    provenance = {"made by": "tools/goldens/embeddings.py", "seed": SEED, "versions": {p: version(p) for p in packages}}
    OUT.parent.mkdir(parents=True, exist_ok=True)
    sizes = sorted({case["size"] for case in cases})
    shown = {size: base64.b64encode(pictures(size).tobytes()).decode() for size in sizes}
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    OUT.write_text(f'{{"provenance":{json.dumps(provenance)},\n"pixels":{json.dumps(shown)},\n"cases":[\n{lines}\n]}}\n')
    for case in cases:
        spread = numpy.std(case["image"]), numpy.std(case["text"])
        print(case["path"], case["varied"], case.get("label", ""), "spread %.3g %.3g" % spread, file=sys.stderr)


main()
