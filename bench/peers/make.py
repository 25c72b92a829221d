"""One checkpoint → the forms that the peers read.

    python make.py STEP FOLDER [SHAPE] [PICTURE ...]

    weights      FOLDER/model.pt of a SHAPE (ViT-B-32, …) with seeded weights as spread as trained ones; the PICTURES are
                 what a ResNet's batch norms take their means and variances from (default: the four that ship)
    plain        FOLDER/plain: open_clip's towers as torch.onnx exports them, fp32 and ONNX Runtime's dynamic int8
    huggingface  FOLDER/huggingface: safetensors, and the ONNX layout of transformers.js with its q8
    openvino     FOLDER/openvino: NNCF's int8 of the image tower, calibrated on the PICTURES

Each step writes its folder whole or not at all.
"""

import json
import os
import shutil
import sys
from pathlib import Path

import shared

SEED = 20210226


def whole(folder, write):
    """Runs `write` on a partial folder beside the wanted one and renames it when it is done."""
    partial = folder.with_name(f"{folder.name}.{os.getpid()}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        write(partial)
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def weights(folder, shape, pictures):
    """
    Initial values with norms and biases as spread as trained ones. In transformers some channels are far larger than the
    rest. In residual streams of trained convolutional towers none are: of photos (Flickr8k's training split) the loudest
    channel was 1.2 to 2.0 times the median one in the 28 blocks of the starter's EfficientNet-Lites, and 1.4 to 2.4 times in
    the 14 of dlib's ResNet for faces (npm: @vladmandic/face-api 1.7.15). RN50 with gammas from 0.5 to 1.5 has 2.0 to 4.8;
    with four of each norm's 8 times as large, as layer norms have here, it had 5.9 to 13.6.
    """
    shared.with_torchvision()
    import open_clip
    import torch

    torch.manual_seed(SEED)
    model = open_clip.create_model(f"{shape}-quickgelu")
    generator = torch.Generator().manual_seed(SEED)
    batch_norms = {f"{name}.weight" for name, module in model.named_modules() if isinstance(module, torch.nn.BatchNorm2d)}
    with torch.no_grad():
        for name, p in model.named_parameters():
            if name == "logit_scale":
                p.fill_(4.6052)
            elif name.endswith("bias"):
                p.copy_(torch.randn(p.shape, generator=generator) * 0.1)
            elif p.dim() == 1 and name.endswith("weight"):
                p.copy_(torch.rand(p.shape, generator=generator) + 0.5)
                if name not in batch_norms:
                    p[torch.randperm(len(p), generator=generator)[:4]] *= 8
            elif "embedding" in name:
                p.mul_(5)
        if batch_norms:
            measure_batch_norms(model, pictures)
    state = {name: value.half() if value.dim() > 1 else value for name, value in model.state_dict().items() if name != "attn_mask"}
    partial = folder / f"model.pt.{os.getpid()}.partial"
    torch.save(state, partial)
    partial.rename(folder / "model.pt")


# Pictures whose mean and variance batch norms take: with 16 crops of four pictures the streams of pictures that were not
# among them came out up to 4 times as large as of those that were (RN50's last stage: 8.6, and 1.5 with 64 photos), and few pictures
# outweighed all others, as in no trained network.
PICTURES = 64


def measure_batch_norms(model, pictures):
    """Means and variances of photos, as training would have left them."""
    import torch

    norms = [module for module in model.visual.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    files = pictures or sorted((Path(__file__).resolve().parents[1] / "pictures").glob("*.jpg"))
    files = files[:: max(1, len(files) // PICTURES)][:PICTURES]
    size = model.visual.image_size
    size = size[0] if isinstance(size, (tuple, list)) else size
    model.train().visual(torch.from_numpy(shared.normalised(shared.squares(files, size, PICTURES))))
    model.eval()


def export(model, rows, example, names, file, dynamic):
    """`rows` of the model and one input, with dynamic sizes, as torch.onnx traces it."""
    import torch

    class Tower(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model.requires_grad_(False)

        def forward(self, x):
            return rows(self.model, x)

    with torch.no_grad():
        torch.onnx.export(
            Tower().eval(),
            example,
            str(file),
            input_names=[names[0]],
            output_names=[names[1]],
            dynamic_axes=dynamic,
            opset_version=17,
            dynamo=False,
        )


def plain(folder):
    import torch

    model = shared.open_checkpoint(folder / "model.pt")
    torch.backends.mha.set_fastpath_enabled(False)

    def write(out):
        from onnxruntime.quantization import quantize_dynamic

        size = model.visual.image_size
        size = size[0] if isinstance(size, (tuple, list)) else size
        pixels, ids = torch.zeros(2, 3, size, size), torch.zeros(2, 77, dtype=torch.long)
        ids[:, :3] = torch.tensor([49406, 320, 49407])
        batch = lambda a, b: {a: {0: "batch"}, b: {0: "batch"}}
        export(model, lambda m, x: m.encode_image(x), pixels, ("pixels", "features"), out / "image.onnx", batch("pixels", "features"))
        export(model, lambda m, x: m.encode_text(x), ids, ("ids", "features"), out / "text.onnx", batch("ids", "features"))
        for tower in ("image", "text"):
            quantize_dynamic(out / f"{tower}.onnx", out / f"{tower}.int8.onnx")
        (out / "facts.json").write_text(json.dumps({"size": size}))

    whole(folder / "plain", write)


def to_huggingface(state, prefix, layers):
    """OpenAI's names of one transformer → transformers' names."""
    renamed = {}
    for i in range(layers):
        old, new = f"{prefix[0]}transformer.resblocks.{i}.", f"{prefix[1]}encoder.layers.{i}."
        for kind in ("weight", "bias"):
            for part, name in zip(state[f"{old}attn.in_proj_{kind}"].chunk(3), "qkv"):
                renamed[f"{new}self_attn.{name}_proj.{kind}"] = part.clone()
            for a, b in (("attn.out_proj", "self_attn.out_proj"), ("mlp.c_fc", "mlp.fc1"), ("mlp.c_proj", "mlp.fc2"), ("ln_1", "layer_norm1"), ("ln_2", "layer_norm2")):
                renamed[f"{new}{b}.{kind}"] = state[f"{old}{a}.{kind}"]
    return renamed


def huggingface(folder):
    """Only for ViT: transformers has no ResNet towers."""
    import torch
    from transformers import CLIPConfig, CLIPModel

    try:
        state = torch.jit.load(folder / "model.pt", map_location="cpu").state_dict()
    except RuntimeError:
        state = torch.load(folder / "model.pt", map_location="cpu", weights_only=True)
    state = {name: value.float() for name, value in state.items()}
    count = lambda prefix: len({name.split(".")[name.split(".").index("resblocks") + 1] for name in state if name.startswith(prefix)})
    width, patch = state["visual.conv1.weight"].shape[0], state["visual.conv1.weight"].shape[-1]
    side = round((len(state["visual.positional_embedding"]) - 1) ** 0.5) * patch
    text_width, dim = state["text_projection"].shape
    layers, text_layers = count("visual.transformer.resblocks"), count("transformer.resblocks")
    vision = dict(hidden_size=width, intermediate_size=4 * width, num_hidden_layers=layers, num_attention_heads=width // 64, image_size=side, patch_size=patch, projection_dim=dim, hidden_act="quick_gelu")
    text = dict(hidden_size=text_width, intermediate_size=4 * text_width, num_hidden_layers=text_layers, num_attention_heads=text_width // 64, projection_dim=dim, hidden_act="quick_gelu", eos_token_id=49407, bos_token_id=49406)
    config = CLIPConfig(vision_config=vision, text_config=text, projection_dim=dim)
    model = CLIPModel(config).eval()
    new = {
        "logit_scale": state["logit_scale"],
        "visual_projection.weight": state["visual.proj"].T.contiguous(),
        "text_projection.weight": state["text_projection"].T.contiguous(),
        "vision_model.embeddings.class_embedding": state["visual.class_embedding"],
        "vision_model.embeddings.patch_embedding.weight": state["visual.conv1.weight"],
        "vision_model.embeddings.position_embedding.weight": state["visual.positional_embedding"],
        "text_model.embeddings.token_embedding.weight": state["token_embedding.weight"],
        "text_model.embeddings.position_embedding.weight": state["positional_embedding"],
        **to_huggingface(state, ("visual.", "vision_model."), layers),
        **to_huggingface(state, ("", "text_model."), text_layers),
    }
    for kind in ("weight", "bias"):
        new[f"vision_model.pre_layrnorm.{kind}"] = state[f"visual.ln_pre.{kind}"]
        new[f"vision_model.post_layernorm.{kind}"] = state[f"visual.ln_post.{kind}"]
        new[f"text_model.final_layer_norm.{kind}"] = state[f"ln_final.{kind}"]
    missing, strange = model.load_state_dict(new, strict=False)
    missing = [name for name in missing if not name.endswith("position_ids")]
    assert not missing and not strange, (missing, strange)

    vision_rows = lambda model, x: model.visual_projection(model.vision_model(pixel_values=x).pooler_output)
    text_rows = lambda model, x: model.text_projection(model.text_model(input_ids=x).pooler_output)

    def write(out):
        import onnx
        from onnxruntime.quantization import QuantType
        from onnxruntime.quantization.onnx_quantizer import ONNXQuantizer
        from onnxruntime.quantization.quant_utils import QuantizationMode
        from onnxruntime.quantization.registry import IntegerOpsRegistry

        model.save_pretrained(out, safe_serialization=True)
        (out / "onnx").mkdir()
        pixels, ids = torch.zeros(2, 3, side, side), torch.zeros(2, 9, dtype=torch.long)
        ids[:, 0], ids[:, 1:8], ids[:, 8] = 49406, 320, 49407
        batch = {0: "batch_size"}
        export(model, vision_rows, pixels, ("pixel_values", "image_embeds"), out / "onnx/vision_model.onnx", {"pixel_values": batch, "image_embeds": batch})
        export(model, text_rows, ids, ("input_ids", "text_embeds"), out / "onnx/text_model.onnx", {"input_ids": {0: "batch_size", 1: "sequence_length"}, "text_embeds": batch})
        for tower in ("vision", "text"):
            # As transformers.js's own script makes its `_quantized` files: integer operators, 8-bit weights that are
            # unsigned where there is a convolution, one scale a tensor.
            graph = onnx.load(out / f"onnx/{tower}_model.onnx")
            ops = {node.op_type for node in graph.graph.node}
            quantizer = ONNXQuantizer(
                graph, False, False, QuantizationMode.IntegerOps, False,
                QuantType.QUInt8 if "Conv" in ops else QuantType.QInt8, QuantType.QUInt8,
                None, [], [], sorted(ops & set(IntegerOpsRegistry)),
                extra_options={"EnableSubgraph": True, "MatMulConstBOnly": True},
            )
            quantizer.quantize_model()
            onnx.save(quantizer.model.model, out / f"onnx/{tower}_model_quantized.onnx")
        tokenizer_files(out, side)

    whole(folder / "huggingface", write)


def tokenizer_files(out, side):
    """OpenAI's vocabulary as transformers' fast tokenizer, and the preprocessor's settings."""
    import gzip

    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    # open_clip carries the vocabulary as a file; only its file is used here.
    import importlib.util

    source = Path(importlib.util.find_spec("open_clip").origin).parent / "bpe_simple_vocab_16e6.txt.gz"
    lines = gzip.open(source).read().decode("utf-8").split("\n")[1 : 49152 - 256 - 2 + 1]
    merges = [tuple(line.split()) for line in lines]
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    signs = [chr(b) for b in printable] + [chr(256 + n) for n in range(256 - len(printable))]
    words = signs + [sign + "</w>" for sign in signs] + ["".join(merge) for merge in merges]
    words += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {word: i for i, word in enumerate(words)}
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, unk_token="<|endoftext|>", end_of_word_suffix="</w>", continuing_subword_prefix="", fuse_unk=False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    pattern = r"""<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"""
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), "removed", invert=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.RobertaProcessing(("<|endoftext|>", 49407), ("<|startoftext|>", 49406), trim_offsets=False, add_prefix_space=False)
    tokenizer.add_special_tokens(["<|startoftext|>", "<|endoftext|>"])
    tokenizer.save(str(out / "tokenizer.json"))
    settings = {"tokenizer_class": "CLIPTokenizer", "model_max_length": 77, "pad_token": "<|endoftext|>", "bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>"}
    (out / "tokenizer_config.json").write_text(json.dumps(settings))
    pictures = {"image_processor_type": "CLIPImageProcessor", "feature_extractor_type": "CLIPFeatureExtractor", "do_center_crop": True, "do_normalize": True, "do_resize": True, "do_rescale": True, "rescale_factor": 1 / 255, "do_convert_rgb": True, "crop_size": {"height": side, "width": side}, "size": {"shortest_edge": side}, "resample": 3, "image_mean": shared.MEAN, "image_std": shared.STD}
    (out / "preprocessor_config.json").write_text(json.dumps(pictures))


def openvino(folder, pictures):
    import nncf
    import openvino as ov

    # Enough that the ranges of the last layers stand still; NNCF's own default is 300.
    count = 128

    def write(out):
        size = json.loads((folder / "plain/facts.json").read_text())["size"]
        model = ov.Core().read_model(folder / "plain/image.onnx")
        rows = shared.normalised(shared.squares(pictures, size, count))
        data = nncf.Dataset([row[None] for row in rows])
        kind = nncf.ModelType.TRANSFORMER if any("Softmax" in op.get_type_name() for op in model.get_ops()) and not any(op.get_type_name() == "MaxPool" for op in model.get_ops()) else None
        quantised = nncf.quantize(model, data, subset_size=count, model_type=kind)
        ov.save_model(quantised, out / "image.xml", compress_to_fp16=False)

    whole(folder / "openvino", write)


def main():
    step, folder, rest = sys.argv[1], Path(sys.argv[2]), sys.argv[3:]
    if step == "weights":
        weights(folder, rest[0], rest[1:])
    elif step == "plain":
        plain(folder)
    elif step == "huggingface":
        huggingface(folder)
    elif step == "openvino":
        openvino(folder, rest)
    else:
        sys.exit(f"Expected weights, plain, huggingface or openvino but received {step}.")


main()
