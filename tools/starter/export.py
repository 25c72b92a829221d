"""Write the trained towers and heads as the two ONNX files of starter/."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper
from torch import Tensor, nn

from chinese_tower import ChineseTower
from features import MAX_LENGTH, RESIZE_TO
from graph import Graph, quantise
from heads import CLASS_SCALE, CLASSES_POWER, JOINT_DIM, SHARES_POWER, Blend, ImageHeads, Mlp, TextHeads, unit
from towers import IMAGE_SIZE, PIXEL_MEAN, PIXEL_SCALE, ImageTower, SameConv, TextLayer, TextTower, tokenizer_json

MICROSOFT = "com.microsoft"
LARGE_CONVOLUTION = 1 << 16  # of so many numbers: int8; rounding hurts the smaller ones, which come first, more
PRECISION = "int8 matrices and large convolutions with one scale an output channel, other convolutions fp16; arithmetic in fp32"
DEFAULT_TEMPLATES = ["{}"]  # the bare name: on validation it is as good as or better than "a photo of a {}."


def array(tensor: Tensor) -> np.ndarray:
    return tensor.detach().float().numpy()


def convolution(graph: Graph, x: str, conv: SameConv, size: int) -> tuple[str, int]:
    """SAME padding for a picture of `size`, which is fixed; returns the new size too."""
    kernel, stride = conv.kernel_size[0], conv.stride[0]
    outputs = -(-size // stride)
    total = max((outputs - 1) * stride + kernel - size, 0)
    before, after = total // 2, total - total // 2
    value, bias = array(conv.weight), graph.constant(array(conv.bias))
    weight = graph.half(value) if value.size < LARGE_CONVOLUTION else graph.weight(value, 0)
    x = graph.op("Conv", x, weight, bias, kernel_shape=[kernel, kernel], strides=[stride, stride], pads=[before, before, after, after], group=conv.groups)
    if conv.relu6:
        x = graph.op("Clip", x, graph.constant(np.float32(0)), graph.constant(np.float32(6)))
    return x, outputs


def mlp(graph: Graph, x: str, module: Mlp) -> str:
    x = layer_norm(graph, x, module.norm)
    hidden = graph.op("Gelu", graph.linear(x, array(module.up.weight), array(module.up.bias)), domain=MICROSOFT)
    correction = graph.linear(hidden, array(module.down.weight), array(module.down.bias))
    return graph.op("Add", graph.linear(x, array(module.straight.weight), array(module.straight.bias)), correction)


def layer_norm(graph: Graph, x: str, norm: nn.LayerNorm) -> str:
    return graph.op("LayerNormalization", x, graph.constant(array(norm.weight)), graph.constant(array(norm.bias)), axis=-1, epsilon=norm.eps)


def image_tower(graph: Graph, x: str, tower: ImageTower) -> list[str]:
    """The mean and the maximum of the tower's feature map, and its class probabilities."""
    size = tower.spec.size
    if tower.border:
        first, end = (graph.constant(np.array([at, at], np.int64)) for at in (tower.border, tower.border + size))
        x = graph.op("Slice", x, first, end, graph.constant(np.array([2, 3], np.int64)))
    x, side = convolution(graph, x, tower.stem, size)
    for block in tower.blocks:
        before = x
        if isinstance(block.expand, SameConv):
            x, side = convolution(graph, x, block.expand, side)
        x, side = convolution(graph, x, block.depthwise, side)
        x, side = convolution(graph, x, block.project, side)
        if block.skip:
            x = graph.op("Add", x, before)
    x, side = convolution(graph, x, tower.head, side)
    mean = graph.op("Flatten", graph.op("GlobalAveragePool", x))
    largest = graph.op("Flatten", graph.op("GlobalMaxPool", x))
    logits = graph.linear(mean, array(tower.classifier.weight), array(tower.classifier.bias))
    return [mean, largest, graph.op("Softmax", logits, axis=-1)]


def export_image(towers: list[ImageTower], heads: ImageHeads, weights: list[float], path: Path) -> None:
    graph = Graph()
    x = graph.op("Transpose", graph.op("Cast", "pixels", to=TensorProto.FLOAT), perm=[0, 3, 1, 2])
    x = graph.op("Mul", graph.op("Sub", x, graph.constant(np.float32(PIXEL_MEAN))), graph.constant(np.float32(1 / PIXEL_SCALE)))
    said = [image_tower(graph, x, tower) for tower in towers]
    pooled = graph.op("Concat", *(part for mean, largest, _ in said for part in (mean, largest)), axis=-1)
    probabilities = graph.op("Mul", graph.op("Sum", *(part for _, _, part in said)), graph.constant(np.float32(1 / len(said))))
    shares, flatter = (graph.op("Pow", probabilities, graph.constant(np.float32(power))) for power in (SHARES_POWER, CLASSES_POWER))
    classes = graph.linear(flatter, array(heads.centred()).T, None)
    caption = mlp(graph, pooled, heads.caption)
    parts = [graph.op("Mul", graph.unit(part), graph.constant(np.float32(weight**0.5))) for part, weight in zip((shares, classes, caption), weights)]
    pixels = helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["n", IMAGE_SIZE, IMAGE_SIZE, 3])
    graph.save(path, [pixels], graph.op("Concat", *parts, axis=-1), JOINT_DIM)


def embedding(graph: Graph, ids: str, table: np.ndarray) -> str:
    """Rows of an int8 table, made fp32 after they are picked, so that the whole table never is."""
    whole, scale = quantise(table, 0)
    rows = graph.op("Cast", graph.op("Gather", graph.constant(whole), ids), to=TensorProto.FLOAT)
    return graph.op("Mul", rows, graph.op("Gather", graph.constant(scale), ids))


def text_layer(graph: Graph, x: str, mask: str, layer: TextLayer) -> str:
    weight, bias = graph.weight(array(layer.qkv.weight).T, 1), graph.constant(array(layer.qkv.bias))
    attended = graph.op("Attention", x, weight, bias, mask, domain=MICROSOFT, num_heads=layer.heads)
    x = layer_norm(graph, graph.op("Add", x, graph.linear(attended, array(layer.out.weight), array(layer.out.bias))), layer.norm1)
    hidden = graph.op("Gelu", graph.linear(x, array(layer.up.weight), array(layer.up.bias)), domain=MICROSOFT)
    return layer_norm(graph, graph.op("Add", x, graph.linear(hidden, array(layer.down.weight), array(layer.down.bias))), layer.norm2)


def text_means(graph: Graph, tower: TextTower | ChineseTower, after: Container[int]) -> list[str]:
    """Token ids and mask → the means over a text's tokens after these layers, counted from 1."""
    shape = graph.op("Shape", "input_ids")
    length = graph.op("Gather", shape, graph.constant(np.array([1], np.int64)))
    positions = graph.op("Slice", graph.constant(array(tower.position.weight)[:MAX_LENGTH]), graph.constant(np.array([0], np.int64)), length, graph.constant(np.array([0], np.int64)))
    x = layer_norm(graph, graph.op("Add", embedding(graph, "input_ids", array(tower.word.weight)), positions), tower.norm)
    mask = graph.op("Cast", "attention_mask", to=TensorProto.INT32)
    weights = graph.op("Unsqueeze", graph.op("Cast", "attention_mask", to=TensorProto.FLOAT), graph.constant(np.array([-1], np.int64)))
    along = graph.constant(np.array([1], np.int64))
    total = graph.op("ReduceSum", weights, along, keepdims=0)
    means: list[str] = []
    for number, layer in enumerate(tower.layers, 1):
        x = text_layer(graph, x, mask, layer)
        if number in after:
            means.append(graph.op("Div", graph.op("ReduceSum", graph.op("Mul", x, weights), along, keepdims=0), total))
    return means


def save_text(graph: Graph, text: str, heads: TextHeads, class_vectors: Tensor, blend: Blend, path: Path) -> None:
    """Features of texts [n, 768] → the joint vector, written."""
    classes = graph.unit(mlp(graph, text, heads.classes))
    shares = graph.op("Softmax", graph.linear(classes, CLASS_SCALE * array(unit(class_vectors)), None), axis=-1)
    gate = graph.op("Sigmoid", graph.linear(text, array(heads.gate.weight), array(heads.gate.bias)))
    parts: list[str] = []
    for part, at_name, at_sentence in zip((shares, classes, mlp(graph, text, heads.caption)), blend.name, blend.sentence):
        share = graph.op("Add", graph.op("Mul", gate, graph.constant(np.float32(at_name - at_sentence))), graph.constant(np.float32(at_sentence)))
        parts.append(graph.op("Mul", graph.unit(part), graph.op("Sqrt", share)))
    inputs = [helper.make_tensor_value_info(title, TensorProto.INT64, ["n", "length"]) for title in ("input_ids", "attention_mask")]
    graph.save(path, inputs, graph.op("Concat", *parts, axis=-1), JOINT_DIM)


def export_text(tower: TextTower, heads: TextHeads, class_vectors: Tensor, blend: Blend, path: Path) -> None:
    graph = Graph()
    text = graph.op("Concat", *text_means(graph, tower, (tower.MIDDLE, tower.LAYERS)), axis=-1)
    save_text(graph, text, heads, class_vectors, blend, path)


def export_chinese(tower: ChineseTower, heads: TextHeads, class_vectors: Tensor, blend: Blend, path: Path) -> None:
    graph = Graph()
    [mean] = text_means(graph, tower, (tower.LAYERS,))
    text = graph.linear(mean, array(tower.out.weight), array(tower.out.bias))
    save_text(graph, text, heads, class_vectors, blend, path)


def write_folder(folder: Path, image_towers: list[ImageTower], image_heads: ImageHeads, text_tower: TextTower, text_heads: TextHeads, blend: Blend) -> None:
    """Everything in starter/ that is made by machine: the two graphs, the tokenizer, the specification and their checksums."""
    folder.mkdir(parents=True, exist_ok=True)
    export_image(image_towers, image_heads, blend.image, folder / "image.onnx")
    export_text(text_tower, text_heads, image_heads.class_vectors, blend, folder / "text.onnx")
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer_json(MAX_LENGTH), ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    spec = {
        "formatVersion": 1,
        "name": "starter",
        "kind": "two-tower-onnx",
        "dim": JOINT_DIM,
        "logitScale": blend.logit_scale,
        # The scale of least loss over clothing validation and Tiny-ImageNet (all, and label subsets of 3 to 100).
        "measuredLogitScale": 24.0,
        "image": {
            "file": "image.onnx",
            "input": "pixels",
            "output": "features",
            "size": IMAGE_SIZE,
            "resize": {"mode": "shorter-side", "filter": "bicubic", "resizeTo": RESIZE_TO, "crop": IMAGE_SIZE},
        },
        "text": {
            "file": "text.onnx",
            "inputs": ["input_ids", "attention_mask"],
            "output": "features",
            "tokenizer": "tokenizer.json",
            "maxLength": MAX_LENGTH,
            "padTokenId": 0,
            "unknownToken": "[UNK]",
            "unknownTokenId": 100,
        },
        "languages": ["en"],
        "knownScripts": ["Latin"],
        "templates": DEFAULT_TEMPLATES,
        "parameters": {"image": count(*image_towers, image_heads), "text": count(text_tower, text_heads)},
        "precision": PRECISION,
        "license": "Apache-2.0",
    }
    (folder / "zeroclip.json").write_text(json.dumps(spec, indent=2) + "\n", encoding="utf-8")
    write_checksums(folder)


def write_chinese(folder: Path, tower: ChineseTower, heads: TextHeads, class_vectors: Tensor, tokenizer: dict, blend: Blend) -> None:
    """Adds the Chinese text tower to a folder that write_folder made: its graph, its tokenizer, its place in the specification."""
    export_chinese(tower, heads, class_vectors, blend, folder / "text-zh.onnx")
    (folder / "tokenizer-zh.json").write_text(json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    spec = json.loads((folder / "zeroclip.json").read_text(encoding="utf-8"))
    spec["textByScript"] = [
        {
            "scripts": ["Han"],
            "file": "text-zh.onnx",
            "inputs": ["input_ids", "attention_mask"],
            "output": "features",
            "tokenizer": "tokenizer-zh.json",
            "maxLength": MAX_LENGTH,
            "padTokenId": 0,
        }
    ]
    spec["languages"] = ["en", "zh"]
    spec["knownScripts"] = ["Latin", "Han"]
    (folder / "zeroclip.json").write_text(json.dumps(spec, indent=2) + "\n", encoding="utf-8")
    write_checksums(folder)


MADE = ["image.onnx", "text.onnx", "text-zh.onnx", "tokenizer.json", "tokenizer-zh.json", "zeroclip.json"]


def write_checksums(folder: Path) -> None:
    """checksums.json, by which `zeroclip models verify starter` knows the files: SHA-256 of each that is made by machine."""
    sums = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in MADE if (folder / name).exists()}
    (folder / "checksums.json").write_text(json.dumps(sums, indent=2) + "\n", encoding="utf-8")


def count(*modules: nn.Module) -> int:
    return sum(parameter.numel() for module in modules for parameter in module.parameters())
