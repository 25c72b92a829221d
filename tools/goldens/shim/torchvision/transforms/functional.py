from enum import Enum

from PIL import Image


class InterpolationMode(Enum):
    NEAREST = "nearest"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"


_FILTERS = {
    InterpolationMode.NEAREST: Image.Resampling.NEAREST,
    InterpolationMode.BILINEAR: Image.Resampling.BILINEAR,
    InterpolationMode.BICUBIC: Image.Resampling.BICUBIC,
}


def resize(image, size, interpolation=InterpolationMode.BILINEAR, **_):
    width, height = image.size
    if isinstance(size, (list, tuple)) and len(size) == 2:
        new_height, new_width = size
    else:
        side = size if isinstance(size, int) else size[0]
        short, long = min(width, height), max(width, height)
        other = int(side * long / short)
        new_width, new_height = (side, other) if width <= height else (other, side)
    if (new_width, new_height) == (width, height):
        return image
    return image.resize((new_width, new_height), _FILTERS.get(interpolation, interpolation))


def center_crop(image, size):
    crop_height, crop_width = size
    width, height = image.size
    if crop_width > width or crop_height > height:
        left, top = max(0, (crop_width - width) // 2), max(0, (crop_height - height) // 2)
        right, bottom = max(0, (crop_width - width + 1) // 2), max(0, (crop_height - height + 1) // 2)
        canvas = Image.new(image.mode, (width + left + right, height + top + bottom))
        canvas.paste(image, (left, top))
        image, (width, height) = canvas, canvas.size
    top, left = int(round((height - crop_height) / 2.0)), int(round((width - crop_width) / 2.0))
    return image.crop((left, top, left + crop_width, top + crop_height))


def to_pil_image(array):
    return Image.fromarray(array)
