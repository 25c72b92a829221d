"""A small ONNX graph writer whose weights are small on disk.

A matrix or a large convolution is written as int8 with one scale an output channel, followed by Cast and Mul; another
convolution, which rounding hurts more, as fp16 followed by Cast. ONNX Runtime folds these while it opens the file, so that
everything is computed in fp32.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET, MICROSOFT_OPSET, IR_VERSION = 17, 1, 8
SMALL = 4096  # matrices of fewer numbers stay fp32
SHRINK_STEPS = np.linspace(0.8, 1.0, 21)  # clipping tried for each channel; the least squared error wins


def quantise(weight: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """f32 → int8 and its scales along `axis`, with the clipping that costs least."""
    rows = np.moveaxis(weight, axis, 0).reshape(weight.shape[axis], -1)
    largest = np.maximum(np.abs(rows).max(1, keepdims=True), 1e-12) / 127
    best, best_error = largest.copy(), np.full_like(largest, np.inf)
    for shrink in SHRINK_STEPS:
        scale = largest * shrink
        error = np.square(np.clip(np.rint(rows / scale), -127, 127) * scale - rows).sum(1, keepdims=True)
        best = np.where(error < best_error, scale, best)
        best_error = np.minimum(error, best_error)
    shape = [1] * weight.ndim
    shape[axis] = weight.shape[axis]
    scale = best.reshape(shape).astype(np.float32)
    return np.clip(np.rint(weight / scale), -127, 127).astype(np.int8), scale


class Graph:
    """Nodes and weights in order; every method returns the name of what it made."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def constant(self, value: np.ndarray) -> str:
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def op(self, kind: str, *inputs: str, domain: str = "", **attributes: object) -> str:
        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, domain=domain, **attributes))
        return name

    def weight(self, value: np.ndarray, axis: int) -> str:
        """A weight, int8 on disk unless it is small; `axis` is the one of the outputs."""
        if value.size < SMALL:
            return self.constant(value.astype(np.float32))
        whole, scale = quantise(value.astype(np.float32), axis)
        return self.op("Mul", self.op("Cast", self.constant(whole), to=TensorProto.FLOAT), self.constant(scale))

    def half(self, value: np.ndarray) -> str:
        """A weight, fp16 on disk."""
        return self.op("Cast", self.constant(value.astype(np.float16)), to=TensorProto.FLOAT)

    def linear(self, x: str, weight: np.ndarray, bias: np.ndarray | None) -> str:
        """x·weightᵀ + bias, with PyTorch's [outputs, inputs] layout."""
        y = self.op("MatMul", x, self.weight(weight.T, 1))
        return y if bias is None else self.op("Add", y, self.constant(bias))

    def unit(self, x: str) -> str:
        return self.op("LpNormalization", x, axis=-1, p=2)

    def save(self, path: Path, inputs: list[onnx.ValueInfoProto], features: str, size: int) -> None:
        """Write a graph with the output `features` f32 [n, size]."""
        self.nodes.append(helper.make_node("Identity", [features], ["features"], name="features"))
        output = helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", size])
        graph = helper.make_graph(self.nodes, path.stem, inputs, [output], self.weights)
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", MICROSOFT_OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, producer_name="zeroclip tools/starter", ir_version=IR_VERSION)
        onnx.checker.check_model(model)
        path.write_bytes(model.SerializeToString(deterministic=True))
