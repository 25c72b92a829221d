"""A cheaper model out of the starter: one of its two image towers alone, at a side of choice, without the caption head (which
needs both). For measuring ensembles and cascades; it is not shipped.

    python cut.py starter OUT --tower lite1 --size 192
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import onnx
from onnx import ModelProto, NodeProto, numpy_helper
import numpy as np

TOWERS = ["lite2", "lite1"]  # in the order of the graph
DIM = 1000 + 256  # class shares and class mixture


def alive(model: ModelProto) -> None:
    """Drops nodes and weights that lead to no output."""
    wanted = {output.name for output in model.graph.output}
    kept: list[NodeProto] = []
    for node in reversed(model.graph.node):
        if wanted.intersection(node.output):
            wanted.update(node.input)
            kept.append(node)
    del model.graph.node[:]
    model.graph.node.extend(reversed(kept))
    weights = [weight for weight in model.graph.initializer if weight.name in wanted]
    del model.graph.initializer[:]
    model.graph.initializer.extend(weights)


def shorten(model: ModelProto) -> None:
    """The last concatenation without its third part, the caption head."""
    last = next(node for node in model.graph.node if node.op_type == "Identity")
    concat = next(node for node in model.graph.node if last.input[0] in node.output)
    del concat.input[2:]
    model.graph.output[0].type.tensor_type.shape.dim[1].dim_value = DIM


def resize(model: ModelProto, size: int) -> None:
    """Another side of the picture: SAME padding hangs on it."""
    for axis in (1, 2):
        model.graph.input[0].type.tensor_type.shape.dim[axis].dim_value = size
    renamed: dict[str, str] = {}
    nodes = list(model.graph.node)
    for node in nodes:
        if node.op_type == "Slice":
            renamed[node.output[0]] = node.input[0]
            model.graph.node.remove(node)
        for at, name in enumerate(node.input):
            node.input[at] = renamed.get(name, name)
    sides: dict[str, int] = {model.graph.input[0].name: size}
    for node in model.graph.node:
        side = next((sides[name] for name in node.input if name in sides), None)
        if side is None:
            continue
        if node.op_type in ("GlobalAveragePool", "GlobalMaxPool"):
            continue
        if node.op_type == "Conv":
            attributes = {attribute.name: attribute for attribute in node.attribute}
            kernel, stride = attributes["kernel_shape"].ints[0], attributes["strides"].ints[0]
            outputs = -(-side // stride)
            total = max((outputs - 1) * stride + kernel - side, 0)
            before, after = total // 2, total - total // 2
            attributes["pads"].ints[:] = [before, before, after, after]
            side = outputs
        for name in node.output:
            sides[name] = side


def cut_image(source: Path, target: Path, tower: int, size: int) -> None:
    model = onnx.load(source)
    total = next(node for node in model.graph.node if node.op_type == "Sum")
    share = next(node for node in model.graph.node if total.output[0] in node.input).input[1]
    own = total.input[tower]
    del total.input[:]
    total.input.append(own)
    weight = next(one for one in model.graph.initializer if one.name == share)
    weight.CopyFrom(numpy_helper.from_array(np.ones_like(numpy_helper.to_array(weight)), share))
    shorten(model)
    alive(model)
    resize(model, size)
    onnx.checker.check_model(model)
    onnx.save(model, target)


def cut_text(source: Path, target: Path) -> None:
    model = onnx.load(source)
    shorten(model)
    alive(model)
    onnx.save(model, target)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--tower", choices=TOWERS, default="lite1")
    parser.add_argument("--size", type=int, default=240)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    cut_image(given.source / "image.onnx", given.out / "image.onnx", TOWERS.index(given.tower), given.size)
    cut_text(given.source / "text.onnx", given.out / "text.onnx")
    shutil.copy(given.source / "tokenizer.json", given.out)
    spec = json.loads((given.source / "zeroclip.json").read_text())
    spec.pop("textByScript", None)
    spec |= {"languages": ["en"], "knownScripts": ["Latin"]}
    spec["name"] = f"starter-{given.tower}-{given.size}"
    spec["dim"] = DIM
    spec["image"]["size"] = given.size
    spec["image"]["resize"] |= {"resizeTo": given.size, "crop": given.size}
    (given.out / "zeroclip.json").write_text(json.dumps(spec, indent=2) + "\n")


if __name__ == "__main__":
    main()
