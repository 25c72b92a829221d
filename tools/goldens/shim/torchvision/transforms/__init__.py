"""Picture transforms on Pillow images with torchvision's documented results (Resize, CenterCrop, ToTensor, Normalize)."""


import numpy as np
import torch

from . import functional
from .functional import InterpolationMode


class Compose:
    def __init__(self, transforms):
        self.transforms = transforms

    def __call__(self, image):
        for transform in self.transforms:
            image = transform(image)
        return image


class Resize:
    """Shorter side to `size`, the longer to int(size * long / short); a pair is taken as (height, width)."""

    def __init__(self, size, interpolation=InterpolationMode.BILINEAR, **_):
        self.size, self.interpolation = size, interpolation

    def __call__(self, image):
        return functional.resize(image, self.size, self.interpolation)


class CenterCrop:
    def __init__(self, size):
        self.size = (size, size) if isinstance(size, int) else tuple(size)

    def __call__(self, image):
        return functional.center_crop(image, self.size)


class ToTensor:
    def __call__(self, image):
        array = np.asarray(image, dtype=np.float32) / 255.0
        if array.ndim == 2:
            array = array[:, :, None]
        return torch.from_numpy(array).permute(2, 0, 1).contiguous()


class Normalize:
    def __init__(self, mean, std, **_):
        self.mean = torch.tensor(mean).view(-1, 1, 1)
        self.std = torch.tensor(std).view(-1, 1, 1)

    def __call__(self, tensor):
        return (tensor - self.mean) / self.std


class _TrainingOnly:
    def __init__(self, *_, **__):
        raise NotImplementedError("a training transform; the goldens use inference transforms only")


RandomResizedCrop = ColorJitter = Grayscale = RandomApply = _TrainingOnly

__all__ = ["CenterCrop", "Compose", "InterpolationMode", "Normalize", "Resize", "ToTensor"]
