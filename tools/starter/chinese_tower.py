"""A small tower that reads Chinese and gives what the English tower gives of the same text in English.

A text's words and characters [n, length] → features f32 [n, 768] in the place of MiniLM's; the starter's own text heads,
read back from starter/text.onnx, make the joint vector of them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import NodeProto, numpy_helper
from torch import Tensor, nn

from heads import CLASS_SCALE, TEXT_WIDTH, Mlp, TextHeads, unit
from towers import TextLayer

MAX_LENGTH = 64


class ChineseTower(nn.Module):
    WIDTH, HEADS, LAYERS = 256, 4, 3
    DROPPED, UNREAD = 0.05, 0.05  # shares of numbers, and of words, that are left out while it learns,
    SHORT = 5  # the words of texts that have no more than so many aside

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.word = nn.Embedding(vocabulary, self.WIDTH)
        self.position = nn.Embedding(MAX_LENGTH, self.WIDTH)
        self.norm = nn.LayerNorm(self.WIDTH, eps=1e-12)
        self.layers = nn.ModuleList(TextLayer(self.WIDTH, self.HEADS) for _ in range(self.LAYERS))
        self.out = nn.Linear(self.WIDTH, TEXT_WIDTH)
        nn.init.normal_(self.position.weight, std=0.02)
        for layer in self.layers:
            # Begins close to the mean of its words.
            for linear in (layer.out, layer.down):
                nn.init.normal_(linear.weight, std=0.01)
                nn.init.zeros_(linear.bias)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        if self.training:
            mask = mask * ((torch.rand(mask.shape) > self.UNREAD) | (mask.sum(1, keepdim=True) <= self.SHORT) | (mask.cumsum(1) == 1))
        x = F.dropout(self.norm(self.word(ids) + self.position(torch.arange(ids.shape[1]))), self.DROPPED, self.training)
        visible = mask[:, None, None, :] != 0
        weights = mask[:, :, None].to(x.dtype)
        weights = weights / weights.sum(1, keepdim=True)
        for layer in self.layers:
            x = layer(x, visible)
        return self.out((x * weights).sum(1))

    def begin_with(self, meanings: np.ndarray, features: np.ndarray) -> None:
        """Each token's row: the principal components of its English words' features [tokens, 768]; `features` f32 [n, 768] say which."""
        mean = features.mean(0)
        _, _, basis = np.linalg.svd(features - mean, full_matrices=False)
        basis = basis[: self.WIDTH]
        rows = (meanings - mean) @ basis.T
        self.word.weight.data.copy_(torch.from_numpy(rows / rows.std()))
        self.out.weight.data.copy_(torch.from_numpy(basis.T * rows.std()))
        self.out.bias.data.copy_(torch.from_numpy(mean))


class Weights:
    """What is behind the names of a graph's values: constants, and int8 weights made floats."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self.constants = {one.name: one for one in model.graph.initializer}
        self.nodes = {name: node for node in model.graph.node for name in node.output}

    def of(self, name: str) -> np.ndarray:
        if name in self.constants:
            return numpy_helper.to_array(self.constants[name]).astype(np.float32)
        node = self.nodes[name]
        values = [self.of(one) for one in node.input]
        return values[0] * values[1] if node.op_type == "Mul" else values[0]


def text_value(model: onnx.ModelProto) -> NodeProto:
    """The node of text.onnx that joins the means of two layers: MiniLM's features."""
    return next(node for node in model.graph.node if node.op_type == "Concat" and all(node.input))


def read_heads(path: Path) -> tuple[TextHeads, Tensor]:
    """The text heads of an exported text.onnx, as export.py wrote them, and the unit class vectors [1000, 256]."""
    model = onnx.load(path)
    weights = Weights(model)
    nodes = list(model.graph.node)
    nodes = nodes[nodes.index(text_value(model)) + 1 :]
    matrices = iter([torch.from_numpy(weights.of(node.input[1]).T.copy()) for node in nodes if node.op_type == "MatMul"])
    biases = iter([weights.of(node.input[1]) for node in nodes if node.op_type == "Add" and len(weights.constants.get(node.input[1], onnx.TensorProto()).dims) == 1])
    norms = iter([[torch.from_numpy(weights.of(name)) for name in node.input[1:3]] for node in nodes if node.op_type == "LayerNormalization"])

    def fill(linear: nn.Linear) -> None:
        linear.weight.data.copy_(next(matrices))
        linear.bias.data.copy_(torch.from_numpy(next(biases)))

    def fill_mlp(module: Mlp) -> None:
        scale, shift = next(norms)
        module.norm.weight.data.copy_(scale)
        module.norm.bias.data.copy_(shift)
        for linear in (module.up, module.down, module.straight):
            fill(linear)

    heads = TextHeads()
    fill_mlp(heads.classes)
    class_vectors = next(matrices) / CLASS_SCALE
    fill(heads.gate)
    fill_mlp(heads.caption)
    return heads.eval(), unit(class_vectors)
