"""Tiny checkpoints in every format that zeroclip reads, each written by the tool that writes the real ones.

    PYTHONPATH=tools/goldens/shim /work/venv/bin/python tools/goldens/checkpoints.py

writes test/golden/checkpoint/ and its expected.json (names, types, shapes, digests, as the tools themselves read the
files back). Hugging Face's folders are made by a second process without the shim, which this one starts.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections import OrderedDict
from pathlib import Path

import numpy
import torch

SEED = 20210226
VOCABULARY = 128  # the real one of 49,408 would take 6 MB; the two last ids are start and end, as there
OUT = Path(__file__).resolve().parents[2] / "test" / "golden" / "checkpoint"
TYPES = {
    torch.float16: "f16", torch.bfloat16: "bf16", torch.float32: "f32", torch.float64: "f64", torch.uint8: "u8",
    torch.int8: "i8", torch.int16: "i16", torch.int32: "i32", torch.int64: "i64", torch.bool: "bool",
}  # fmt: skip


def digest(tensor):
    """First 16 hex digits of the SHA-256 of the values as contiguous little-endian f32, every NaN as 0x7fc00000."""
    values = tensor.detach().to(torch.float32).contiguous().numpy().astype("<f4")
    values = numpy.where(numpy.isnan(values), numpy.array([0x7FC00000], "<u4").view("<f4"), values)
    return hashlib.sha256(values.tobytes()).hexdigest()[:16]


def listing(tensors):
    return [[name, TYPES[t.dtype], list(t.shape), digest(t)] for name, t in sorted(tensors.items())]


def randomise(model):
    """Seeded values of ordinary size everywhere, so that no zero or one hides a mistake (batch norm's too)."""
    generator = torch.Generator().manual_seed(SEED)
    with torch.no_grad():
        for name, t in sorted(model.state_dict().items()):
            if not t.is_floating_point():
                continue
            noise = torch.randn(t.shape, generator=generator)
            if name.endswith("running_var"):
                t.copy_(1 + 0.3 * noise.tanh())
            elif name == "logit_scale":
                t.fill_(4.6)
            elif t.dim() <= 1 and name.endswith("weight"):
                t.copy_(1 + 0.1 * noise)
            else:
                t.copy_(noise * (0.1 if t.dim() <= 1 else 0.7 * t[0].numel() ** -0.5))
    return model.eval()


def openai(path, layers, width, resolution, patch, text_layers):
    """The original's model, half precision as it was published, traced and saved as TorchScript."""
    from clip.model import CLIP, convert_weights

    model = CLIP(64, resolution, layers, width, patch, 77, VOCABULARY, 64, 1, text_layers)
    randomise(model)
    convert_weights(model)
    for name, value in [("input_resolution", resolution), ("context_length", 77), ("vocab_size", VOCABULARY)]:
        if hasattr(model, name):
            delattr(model, name)
        model.register_buffer(name, torch.tensor(value))
    pictures = torch.zeros(1, 3, resolution, resolution, dtype=torch.float16)
    ids = torch.zeros(1, 77, dtype=torch.long)
    ids[0, 0], ids[0, 1] = VOCABULARY - 2, VOCABULARY - 1
    traced = torch.jit.trace(model, (pictures, ids), check_trace=False)
    torch.jit.save(traced, path)
    return torch.jit.load(path).state_dict()


def open_clip_config(tower):
    return {
        "embed_dim": 32,
        "quick_gelu": tower == "vit-quick",
        "vision_cfg": {
            "vit-quick": {"image_size": 32, "layers": 1, "width": 64, "patch_size": 8, "mlp_ratio": 0.5},
            "vit": {"image_size": 32, "layers": 2, "width": 32, "head_width": 8, "patch_size": 8, "mlp_ratio": 2.0},
            "rn": {"image_size": 64, "layers": [1, 1, 1, 1], "width": 4, "patch_size": None},
        }[tower],
        "text_cfg": {"context_length": 16, "vocab_size": VOCABULARY}
        | {
            "vit-quick": {"width": 64, "heads": 1, "layers": 1, "mlp_ratio": 0.5},
            "vit": {"width": 32, "heads": 4, "layers": 2, "mlp_ratio": 2.0},
            "rn": {"width": 64, "heads": 1, "layers": 1, "mlp_ratio": 0.5},
        }[tower],
    }


def open_clip_model(tower):
    from open_clip.model import CLIP

    config = open_clip_config(tower)
    return randomise(CLIP(config["embed_dim"], config["vision_cfg"], config["text_cfg"], config["quick_gelu"]))


class NoTokenizer:
    def save_pretrained(self, _folder):
        """open_clip's own models ship no tokenizer files of a size worth keeping here."""


def torch_files(expected):
    """torch.save in its forms: mixed precision like the original's, wrapped as trainers do, legacy, views."""
    from open_clip.model import convert_weights_to_lp

    model = open_clip_model("vit-quick")
    convert_weights_to_lp(model)
    state = model.state_dict()

    def keep(name, value, expect, **options):
        torch.save(value, OUT / name, **options)
        torch.load(OUT / name, weights_only=False)
        expected[name] = expect

    keep("tiny-vit.state-dict.pt", state, state)
    keep("tiny-vit.legacy.pt", state, state, _use_new_zipfile_serialization=False)
    # As open_clip_train's main.py saves: epoch, name, state_dict (DistributedDataParallel's prefix), optimizer.
    tower = torch.nn.Linear(3, 2)
    optimizer = torch.optim.AdamW(tower.parameters(), lr=1e-3)
    tower(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    small = randomise(torch.nn.Sequential(OrderedDict(first=torch.nn.Linear(3, 2), second=torch.nn.LayerNorm(2))))
    prefixed = OrderedDict((f"module.{name}", value) for name, value in small.state_dict().items())
    training = {"epoch": 3, "name": "run", "state_dict": prefixed, "optimizer": optimizer.state_dict(),
                "scaler": {"scale": 65536.0, "_growth_tracker": 0}, "loss": numpy.float64(0.25)}  # fmt: skip
    keep("training.nested-module.pt", training, small.state_dict())
    keep("training.legacy.pt", training, small.state_dict(), _use_new_zipfile_serialization=False)
    keep("model-key.bin", {"model": small.state_dict(), "ema": None}, small.state_dict())

    base = torch.arange(24, dtype=torch.float32)
    views = OrderedDict(
        whole=base.reshape(4, 6),
        turned=base.reshape(4, 6).t(),
        slice=base.reshape(4, 6)[1:3, 2:5],
        steps=base[1::3],
        expanded=base[:3].reshape(3, 1).expand(3, 4),
        permuted=base.reshape(2, 3, 4).permute(2, 0, 1),
        empty=torch.empty(0, 5),
        scalar=base[7],
        parameter=torch.nn.Parameter(base[6:12].reshape(2, 3)),
        long=torch.tensor([-1, 2**53 - 1, -(2**53) + 1]),
        int=torch.tensor([-7, 2**31 - 1], dtype=torch.int32),
        short=torch.tensor([-300, 300], dtype=torch.int16),
        char=torch.tensor([-128, 127], dtype=torch.int8),
        byte=torch.tensor([0, 255], dtype=torch.uint8),
        bool=torch.tensor([True, False, True]),
        double=torch.tensor([0.1, -1e300, 1e-300], dtype=torch.float64),
        half=torch.tensor([0.1, -65504, 6e-8, float("inf"), float("nan")], dtype=torch.float16),
        brain=torch.tensor([0.1, -3e38, 1e-40, float("-inf")], dtype=torch.bfloat16),
    )
    keep("views.pt", views, views)
    keep("views.legacy.pt", views, views, _use_new_zipfile_serialization=False)
    keep("views.protocol4.pt", views, views, pickle_protocol=4)
    return model


def safetensors_files(model, expected):
    from safetensors.torch import load_file, save_file

    def keep(name, tensors, **options):
        save_file(tensors, OUT / name, **options)
        expected[name] = load_file(OUT / name)

    keep("tiny-vit.safetensors", model.state_dict(), metadata={"format": "pt"})
    keep("tiny-vit.bf16.safetensors", model.to(torch.bfloat16).state_dict())
    types = {name: torch.tensor([0, 1, 2, 100], dtype=kind) for kind, name in TYPES.items()}
    keep("types.safetensors", types | {"empty": torch.empty(0, 4), "scalar": torch.tensor(1.5)})


def open_clip_files(expected):
    from open_clip.push_to_hf_hub import save_for_hf
    from safetensors.torch import load_file

    for folder, tower, safe in [
        ("tiny-vit-open-clip", "vit", True),
        ("tiny-vit-open-clip-bin", "vit", False),
    ]:
        model = open_clip_model(tower)
        if not safe:
            model = model.half()
        model.visual.image_mean, model.visual.image_std = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
        save_for_hf(model, NoTokenizer(), open_clip_config(tower), str(OUT / folder), safe_serialization=safe)
        expected[folder] = load_file(OUT / folder / "open_clip_model.safetensors") if safe else model.state_dict()
    model = open_clip_model("rn")
    torch.save(model.half().state_dict(), OUT / "tiny-rn-open-clip.pt")
    expected["tiny-rn-open-clip.pt"] = model.state_dict()


def onnx_files():
    """Two one-weight towers under transformers.js's names; the first with external data. They compute nothing of use."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    folder = OUT / "tiny-onnx"
    (folder / "onnx").mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"model_type": "clip", "projection_dim": 4}) + "\n")
    (folder / "preprocessor_config.json").write_text(json.dumps({"size": {"shortest_edge": 8}}) + "\n")
    weight = numpy_helper.from_array(numpy.arange(512, dtype=numpy.float32).reshape(128, 4), "weight")
    for tower, name, kind in [("vision", "pixel_values", TensorProto.FLOAT), ("text", "input_ids", TensorProto.INT64)]:
        node = helper.make_node("MatMul", [name, "weight"], ["embeds"])
        if tower == "text":
            node = helper.make_node("Gather", ["weight", name], ["embeds"])
        graph = helper.make_graph(
            [node], tower, [helper.make_tensor_value_info(name, kind, ["n", 128])],
            [helper.make_tensor_value_info("embeds", TensorProto.FLOAT, None)], [weight],
        )  # fmt: skip
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        for suffix in ["", "_quantized", "_fp16"]:
            file = f"{tower}_model{suffix}.onnx"
            external = {"save_as_external_data": True, "size_threshold": 0, "location": f"{file}_data"} if not suffix else {}
            onnx.save(onnx.ModelProto.FromString(model.SerializeToString()), folder / "onnx" / file, **external)
    shutil.copy(folder / "onnx" / "vision_model_fp16.onnx", folder / "onnx" / "vision_model_q4.onnx")  # no text: no variant


def hugging_face_model():
    from transformers import CLIPConfig, CLIPModel

    shared = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = CLIPConfig(
        text_config=shared
        | {"vocab_size": VOCABULARY, "max_position_embeddings": 16, "bos_token_id": 126, "eos_token_id": 127, "pad_token_id": 127},
        vision_config=shared | {"image_size": 32, "patch_size": 8},
        projection_dim=24,
    )
    return randomise(CLIPModel(config))


def hugging_face_files(expected):
    from safetensors.torch import load_file

    model = hugging_face_model()
    model.save_pretrained(OUT / "tiny-vit-hf")
    expected["tiny-vit-hf"] = load_file(OUT / "tiny-vit-hf" / "model.safetensors")
    model.save_pretrained(OUT / "tiny-vit-hf-sharded", max_shard_size="60KB")
    shards = sorted((OUT / "tiny-vit-hf-sharded").glob("model-*.safetensors"))
    assert len(shards) > 1
    expected["tiny-vit-hf-sharded"] = {k: v for shard in shards for k, v in load_file(shard).items()}
    # transformers 5 writes safetensors only: the older form is what its version 4 wrote, with its position ids.
    folder = OUT / "tiny-vit-hf-bin"
    folder.mkdir()
    shutil.copy(OUT / "tiny-vit-hf" / "config.json", folder)
    state = model.half().state_dict()
    state["text_model.embeddings.position_ids"] = torch.arange(16).reshape(1, 16)
    names = sorted(state)
    weight_map = {}
    for part, keys in enumerate([names[:40], names[40:]], 1):
        file = f"pytorch_model-{part:05d}-of-00002.bin"
        torch.save({k: state[k] for k in keys}, folder / file)
        weight_map |= dict.fromkeys(keys, file)
    index = {"metadata": {"total_size": sum(t.nbytes for t in state.values())}, "weight_map": weight_map}
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps(index, indent=1) + "\n")
    expected["tiny-vit-hf-bin"] = state


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--hugging-face", action="store_true", help="internal: the part that must not see the shim")
    expected = {}
    if parser.parse_args().hugging_face:
        hugging_face_files(expected)
        print(json.dumps({name: listing(tensors) for name, tensors in expected.items()}))
        return
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    expected["tiny-vit.openai.pt"] = openai(OUT / "tiny-vit.openai.pt", 1, 128, 32, 8, 2)
    expected["tiny-rn.openai.pt"] = openai(OUT / "tiny-rn.openai.pt", (1, 1, 1, 1), 4, 64, None, 1)
    model = torch_files(expected)
    safetensors_files(model, expected)
    open_clip_files(expected)
    onnx_files()
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [sys.executable, __file__, "--hugging-face"]
    answer = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True).stdout
    listings = {name: listing(tensors) for name, tensors in expected.items()} | json.loads(answer.splitlines()[-1])
    write_expected(listings)


def write_expected(listings):
    """Files that hold the same tensors share one listing."""
    from importlib.metadata import version

    sets, files = [], {}
    for name, tensors in listings.items():
        if tensors not in sets:
            sets.append(tensors)
        files[name] = sets.index(tensors)
    packages = ["torch", "clip-anytorch", "open_clip_torch", "transformers", "safetensors", "onnx", "numpy"]
    head = {"made by": "tools/goldens/checkpoints.py", "seed": SEED, "versions": {name: version(name) for name in packages}}
    rows = ",\n".join("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]" for rows in sets)
    text = f'{{\n"provenance": {json.dumps(head)},\n"files": {json.dumps(files)},\n"sets": [\n{rows}\n]\n}}\n'
    (OUT / "expected.json").write_text(text)


if __name__ == "__main__":
    main()
