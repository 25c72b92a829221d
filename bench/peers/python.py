"""A peer in Python under `zeroclip bench`'s protocol: JSON lines on stdin and stdout (src/bench/protocol.ts).

load's spec: engine ("torch", "onnxruntime", "openvino"), precision ("fp32", "bf16", "int8"), weights (a folder that
make.py filled), threads.
"""

import importlib.metadata
import json
import os
import sys
import time
from pathlib import Path

import numpy
import shared

# Pictures and prompts a run where the request names none: what open_clip's users write.
TEXT_BATCH = 64


def versions(*names):
    return {"python": sys.version.split()[0], **{name: importlib.metadata.version(name) for name in names}}


class Torch:
    def __init__(self, spec):
        import torch

        self.torch = torch
        torch.set_num_threads(spec["threads"])
        self.model = shared.open_checkpoint(Path(spec["weights"]) / "model.pt")
        self.type = torch.bfloat16 if spec["precision"] == "bf16" else torch.float32
        self.model.to(self.type)
        size = self.model.visual.image_size
        self.size = size[0] if isinstance(size, (tuple, list)) else size
        self.versions = versions("torch", "open_clip_torch")

    def images(self, planes):
        with self.torch.inference_mode():
            return self.model.encode_image(self.torch.from_numpy(planes).to(self.type)).float().numpy()

    def texts(self, ids):
        with self.torch.inference_mode():
            return self.model.encode_text(self.torch.from_numpy(ids)).float().numpy()


class OnnxRuntime:
    def __init__(self, spec):
        import onnxruntime

        folder = Path(spec["weights"]) / "plain"
        self.size = json.loads((folder / "facts.json").read_text())["size"]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = spec["threads"]
        options.log_severity_level = 4
        ending = ".int8.onnx" if spec["precision"] == "int8" else ".onnx"
        open_tower = lambda tower: onnxruntime.InferenceSession(folder / f"{tower}{ending}", options, providers=["CPUExecutionProvider"])
        self.image, self.text = open_tower("image"), open_tower("text")
        self.versions = versions("onnxruntime")

    def images(self, planes):
        return self.image.run(None, {"pixels": planes})[0]

    def texts(self, ids):
        return self.text.run(None, {"ids": ids})[0]


class OpenVino:
    def __init__(self, spec):
        import openvino

        folder, precision = Path(spec["weights"]), spec["precision"]
        self.size = json.loads((folder / "plain/facts.json").read_text())["size"]
        core = openvino.Core()
        # NNCF's int8 holds the image tower only; its other operators, and the text tower, compute in f32.
        settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": spec["threads"], "INFERENCE_PRECISION_HINT": "bf16" if precision == "bf16" else "f32"}
        image = folder / ("openvino/image.xml" if precision == "int8" else "plain/image.onnx")
        self.image = core.compile_model(image, "CPU", settings)
        self.text = core.compile_model(folder / "plain/text.onnx", "CPU", settings)
        self.versions = versions("openvino", "nncf") if precision == "int8" else versions("openvino")

    def images(self, planes):
        return self.image(planes)[0]

    def texts(self, ids):
        return self.text(ids)[0]


ENGINES = {"torch": Torch, "onnxruntime": OnnxRuntime, "openvino": OpenVino}


def unit(rows):
    rows = numpy.asarray(rows, numpy.float32)
    return rows / numpy.linalg.norm(rows, axis=-1, keepdims=True)


class Peer:
    def load(self, spec):
        began = time.perf_counter()
        spec = {"threads": os.cpu_count(), **spec}
        self.engine = ENGINES[spec["engine"]](spec)
        return {"ms": 1000 * (time.perf_counter() - began), "size": self.engine.size, "versions": self.engine.versions}

    def tokenize(self, texts):
        shared.with_torchvision()
        import open_clip

        if not hasattr(self, "tokenizer"):
            self.tokenizer = open_clip.tokenizer.SimpleTokenizer()
        return self.tokenizer(texts).numpy()

    def encode_texts(self, texts):
        return numpy.concatenate([self.engine.texts(self.tokenize(texts[i : i + TEXT_BATCH])) for i in range(0, len(texts), TEXT_BATCH)])

    def pixels(self, file, count, size):
        self.planes = shared.normalised(numpy.fromfile(file, numpy.uint8).reshape(count, size, size, 3))
        return {}

    def batch(self, count):
        return self.planes[[i % len(self.planes) for i in range(count)]]

    def images(self, batch, forMs):
        planes = self.batch(batch)
        return repeat(forMs, batch, lambda: self.engine.images(planes))

    def texts(self, texts, forMs):
        return repeat(forMs, len(texts), lambda: self.encode_texts(texts))

    def files(self, files, batch):
        def encode():
            for i in range(0, len(files), batch):
                self.engine.images(self.read(files[i : i + batch]))

        return repeat(0, len(files), encode)

    def read(self, files):
        return shared.normalised(numpy.stack([shared.square(file, self.engine.size) for file in files]))

    def answer(self, file, prompts):
        image, text = unit(self.engine.images(self.read([file]))), unit(self.encode_texts(prompts))
        return {"residentBytes": resident(), "cosines": (text @ image[0]).tolist()}

    def features(self, count):
        return {"rows": unit(self.engine.images(self.batch(count))).tolist()}


def resident():
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except FileNotFoundError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def repeat(for_ms, items, work):
    began, runs = time.perf_counter(), 0
    while runs == 0 or 1000 * (time.perf_counter() - began) < for_ms:
        work()
        runs += 1
    return {"ms": 1000 * (time.perf_counter() - began), "items": runs * items}


def main():
    # Libraries print as they like; replies go to the real stdout, everything else to stderr.
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    peer = Peer()
    for line in sys.stdin:
        request = json.loads(line)
        number, what = request.pop("id"), request.pop("do")
        if what == "quit":
            break
        try:
            reply = getattr(peer, what)(**request)
        except Exception as error:  # noqa: BLE001 - whatever went wrong is the reply
            reply = {"error": f"{type(error).__name__}: {error}".split("\n")[0]}
        replies.write(json.dumps({"id": number, **reply}) + "\n")


main()
