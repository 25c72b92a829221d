"""Small DICOM files of every form that zeroclip reads and some that it refuses, and what pydicom makes of their pixels.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install pydicom==3.0.1 numpy pillow
    /tmp/venv/bin/python tools/goldens/dicom.py

writes test/golden/dicom/. Every file names a patient that no message may tell.
"""

import io
import json
from pathlib import Path

import numpy
import pydicom
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels import apply_modality_lut, apply_voi_lut
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
    SecondaryCaptureImageStorage,
)

OUT = Path(__file__).resolve().parents[2] / "test" / "golden" / "dicom"
ROWS, COLUMNS = 12, 16
random = numpy.random.default_rng(9)
ramp = numpy.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS)


def dataset(syntax, pixels, stored, photometric="MONOCHROME2", **more):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = UID("1.2.826.0.1.3680043.8.498.9")
    meta.TransferSyntaxUID = syntax
    data = Dataset()
    data.file_meta = meta
    data.SOPClassUID = SecondaryCaptureImageStorage
    data.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    data.PatientName = "Secret^Person"
    data.PatientID = "secret-4711"
    data.Modality = "OT"
    data.Rows, data.Columns = ROWS, COLUMNS
    data.SamplesPerPixel = 3 if photometric in ("RGB", "YBR_FULL_422") else 1
    if data.SamplesPerPixel == 3:
        data.PlanarConfiguration = more.pop("planar", 0)
    data.PhotometricInterpretation = photometric
    data.BitsAllocated = 8 * pixels.itemsize
    data.BitsStored = stored
    data.HighBit = stored - 1
    data.PixelRepresentation = 1 if pixels.dtype.kind == "i" else 0
    for name, value in more.items():
        setattr(data, name, value)
    raw = pixels
    if syntax == ExplicitVRBigEndian and pixels.itemsize == 2:
        raw = pixels.astype(pixels.dtype.newbyteorder(">"))
    data.PixelData = raw.tobytes()
    data["PixelData"].VR = "OW" if pixels.itemsize == 2 else "OB"
    return data


def save(name, data):
    # The file's own syntax says how it is written.
    pydicom.dcmwrite(OUT / f"{name}.dcm", data, enforce_file_format=True)


def grey(data, window=None):
    """What a viewer shows, by pydicom's own functions: u8."""
    values = apply_modality_lut(data.pixel_array, data).astype(numpy.float64)
    if window:
        data.WindowCenter, data.WindowWidth = window
    if "WindowCenter" in data:
        shown = apply_voi_lut(values, data)
        # pydicom gives the window's range in the unit of the stored values.
        if "RescaleSlope" in data:
            low = (0 if data.PixelRepresentation == 0 else -(2 ** (data.BitsStored - 1)))
            high = 2 ** (data.BitsStored - data.PixelRepresentation) - 1
            low, high = (x * float(data.RescaleSlope) + float(data.RescaleIntercept) for x in (low, high))
        else:
            low = 0 if data.PixelRepresentation == 0 else -(2 ** (data.BitsStored - 1))
            high = 2 ** (data.BitsStored - data.PixelRepresentation) - 1
        share = (shown - low) / (high - low)
    else:
        share = (values - values.min()) / (values.max() - values.min())
    if data.PhotometricInterpretation == "MONOCHROME1":
        share = 1 - share
    return numpy.rint(255 * share).astype(int)


OUT.mkdir(parents=True, exist_ok=True)
expected = {}
plain = {
    "explicit-16": (ExplicitVRLittleEndian, (ramp * 21).astype("<u2"), 12, {}),
    "implicit-16": (ImplicitVRLittleEndian, (ramp * 21).astype("<u2"), 12, {"WindowCenter": 2000, "WindowWidth": 1000}),
    "big-endian-16": (ExplicitVRBigEndian, (ramp * 21).astype("<u2"), 12, {}),
    "signed-ct": (
        ExplicitVRLittleEndian,
        (ramp * 10 - 1000).astype("<i2"),
        12,
        {"RescaleSlope": 1, "RescaleIntercept": -24, "WindowCenter": 40, "WindowWidth": 400},
    ),
    "monochrome1-8": (ExplicitVRLittleEndian, (ramp % 256).astype("u1"), 8, {"photometric": "MONOCHROME1"}),
    "frames-8": (
        ExplicitVRLittleEndian,
        numpy.stack([ramp % 200, ramp % 100]).astype("u1"),
        8,
        {"NumberOfFrames": 2},
    ),
}
for name, (syntax, pixels, stored, more) in plain.items():
    data = dataset(syntax, pixels, stored, **more)
    save(name, data)
    read = pydicom.dcmread(OUT / f"{name}.dcm")
    if "NumberOfFrames" in read:
        first = read.pixel_array[0].astype(float)
        shown = numpy.rint(255 * (first - first.min()) / (first.max() - first.min())).astype(int)
    else:
        shown = grey(read)
    expected[name] = {"mode": "L", "data": shown.ravel().tolist()}

ct = pydicom.dcmread(OUT / "signed-ct.dcm")
expected["signed-ct, window -200,1200"] = {"mode": "L", "data": grey(ct, (-200, 1200)).ravel().tolist()}

rgb = random.integers(0, 256, (ROWS, COLUMNS, 3)).astype("u1")
save("rgb", dataset(ExplicitVRLittleEndian, rgb, 8, "RGB"))
save("rgb-planes", dataset(ExplicitVRLittleEndian, rgb.transpose(2, 0, 1).copy(), 8, "RGB", planar=1))
for name in ("rgb", "rgb-planes"):
    found = pydicom.dcmread(OUT / f"{name}.dcm").pixel_array
    assert (found == rgb).all()
    expected[name] = {"mode": "RGB", "data": found.ravel().tolist()}

smooth = (8 * ramp // 8 % 256).astype("u1")
buffer = io.BytesIO()
Image.fromarray(smooth).save(buffer, "JPEG", quality=95)
jpeg = dataset(JPEGBaseline8Bit, smooth, 8)
jpeg.PixelData = encapsulate([buffer.getvalue()])
jpeg["PixelData"].is_undefined_length = True
save("jpeg", jpeg)
shown = numpy.asarray(Image.open(io.BytesIO(buffer.getvalue())))
expected["jpeg"] = {"mode": "L", "data": shown.ravel().tolist()}

# What is refused with a sentence.
for name, syntax in (("jpeg-2000", JPEG2000Lossless), ("rle", RLELossless)):
    data = dataset(syntax, smooth, 8)
    data.PixelData = encapsulate([b"\0\1\2\3"])
    data["PixelData"].is_undefined_length = True
    save(name, data)
save("deflated", dataset(DeflatedExplicitVRLittleEndian, smooth, 8))
bits = dataset(ExplicitVRLittleEndian, (ramp * 21).astype("<u4"), 32)
save("32-bit", bits)
nothing = dataset(ExplicitVRLittleEndian, smooth, 8)
del nothing.PixelData
save("no-pixels", nothing)

(OUT / "expected.json").write_text(
    json.dumps(
        {"made": {"script": "tools/goldens/dicom.py", "pydicom": pydicom.__version__, "numpy": numpy.__version__}, "pictures": expected}
    )
    + "\n"
)
