"""Tiny multilingual models in the real file formats, and their features by the reference implementations, in fp32.

    python tools/goldens/multilingual.py

reads test/golden/multilingual/tokenizers/ (made by multilingual_texts.py) and writes test/golden/multilingual/models/, a folder a
model, and models.json: the features of the pictures under `pixels` (by size, u8 [3, size, size, 3], base64) and of texts, which the reference tokenizer
of each model has turned into ids. Weights are seeded noise, stored in half precision and computed with in single. XLM-RoBERTa's tokenizer is
written as tokenizer.json.gz, too, which Jina-CLIP's folders have. Needs what multilingual_texts.py needs.
transformers has to be loaded before the shim is, which open_clip needs.
"""

import base64
import gzip
import json
import shutil
import sys
from importlib.machinery import ModuleSpec
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import torch
import transformers
from safetensors.torch import save_file

ROOT = Path(__file__).resolve().parents[2]
TOKENIZERS = ROOT / "test" / "golden" / "multilingual" / "tokenizers"
OUT = TOKENIZERS.parent / "models"
SEED = 20230327
TEXTS = [
    "a photo of a cat",
    "一张猫的照片。",
    "ein Bild von einem Hund, der über die Straße läuft",
    "صورة لقطة",
    "кошка",
    "고양이 사진",
    "Switzerland Österreich Frankreich " * 40,
]
OPENAI_MEAN, OPENAI_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)

# transformers asks once whether torchvision is there, and remembers.
transformers.utils.is_torchvision_available()
from transformers import (  # noqa: E402
    BertConfig,
    BertModel,
    BertTokenizer,
    ChineseCLIPConfig,
    ChineseCLIPModel,
    JinaEmbeddingsV3Config,
    JinaEmbeddingsV3Model,
    M2M100Config,
    SiglipConfig,
    SiglipModel,
    XLMRobertaConfig,
    XLMRobertaModel,
    XLMRobertaTokenizer,
)

sys.path.insert(0, str(ROOT / "tools" / "goldens" / "shim"))


class Unused(type):
    """What timm imports of torchvision and does not call here: any name is a class, and so is any of its own."""

    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Unused(name, (), {})


class UnusedModules:
    """Stands in for the modules of torchvision that the shim has not."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        return ModuleSpec(name, UnusedModules) if name.startswith("torchvision.") else None

    @staticmethod
    def create_module(spec):
        module = ModuleType(spec.name)
        module.__path__ = []
        module.__getattr__ = lambda name: Unused.__getattr__(Unused, name)
        return module

    @staticmethod
    def exec_module(module):
        pass


sys.meta_path.append(UnusedModules)
import torchvision.transforms.functional  # noqa: E402


class Modes(type):
    """The shim's modes of interpolation have those that are used; timm lists all."""

    def __getattr__(cls, name):
        return name.lower()


torchvision.transforms.functional.InterpolationMode = torchvision.transforms.InterpolationMode = Modes("InterpolationMode", (), {"BICUBIC": "bicubic", "BILINEAR": "bilinear", "NEAREST": "nearest"})
sys.argv = sys.argv[:1]


def pictures(size, count=3):
    """As embeddings.py draws them."""
    import numpy
    from PIL import Image

    random = numpy.random.default_rng(20210105 + size)
    result = []
    for cells in (3, 7):
        noise = random.integers(0, 256, (cells, cells, 3), dtype=numpy.uint8)
        result.append(numpy.asarray(Image.fromarray(noise).resize((size, size), Image.Resampling.BICUBIC)))
    result.append(random.integers(0, 2, (size, size, 3), dtype=numpy.uint8) * 255)
    return numpy.stack(result[:count])


def planes(size, mean, std):
    x = torch.from_numpy(pictures(size).copy()).permute(0, 3, 1, 2).to(torch.float32) / 255
    return (x - torch.tensor(mean).view(1, 3, 1, 1)) / torch.tensor(std).view(1, 3, 1, 1)


def randomise(model):
    """Seeded values of ordinary size everywhere, rounded to half precision."""
    generator = torch.Generator().manual_seed(SEED)
    with torch.no_grad():
        for name, t in sorted(model.state_dict().items()):
            if not t.is_floating_point():
                continue
            noise = torch.randn(t.shape, generator=generator)
            if name.endswith("running_var"):
                value = 1 + 0.3 * noise.tanh()
            elif name.endswith("logit_scale"):
                value = torch.full(t.shape, 4.6)
            elif name.endswith("logit_bias"):
                value = torch.full(t.shape, -12.5)
            elif t.dim() <= 1 and name.endswith("weight"):
                value = 1 + 0.1 * noise
            elif t.dim() <= 1:
                value = 0.1 * noise
            elif "embedding" in name:
                value = 0.5 * noise
            else:
                value = 0.9 * noise * t[0].numel() ** -0.5
            t.copy_(value.half().float())
    return model.float().eval()


def halves(state):
    return {k: v.half().contiguous().clone() if v.is_floating_point() else v.contiguous().clone() for k, v in state.items()}


def rounded(features):
    return [[float(f"{value:.9g}") for value in row] for row in features.to(torch.float32).tolist()]


def padded(rows, pad, length=None):
    longest = length or max(len(row) for row in rows)
    ids = torch.tensor([row + [pad] * (longest - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
    return ids, mask


def shortened(rows, most):
    """Keeping the last id, as every template here ends in one."""
    return [row if len(row) <= most else row[: most - 1] + row[-1:] for row in rows]


def folder(name, *tokenizer):
    """The model's folder; the files of its tokenizer are put beside the others by whoever opens it, and so kept once."""
    path = OUT / name
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    BESIDE[name] = tokenizer
    return path


BESIDE = {}


def bert_tokenizer():
    lines = (TOKENIZERS / "bert" / "vocab.txt").read_text(encoding="utf-8").splitlines()
    return BertTokenizer(vocab={line: i for i, line in enumerate(lines)}), len(lines)


def xlm_roberta_tokenizer():
    import multilingual_texts as texts

    model = (TOKENIZERS / "xlm-roberta" / "sentencepiece.bpe.model").read_bytes()
    own = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    vocab = own + texts.pieces_of(model)[3:] + [("<mask>", 0.0)]
    return XLMRobertaTokenizer(vocab=vocab, _spm_precompiled_charsmap=texts.characters_of(model)), len(vocab)


VISION = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4, "image_size": 32, "patch_size": 8}


def case(path, by, size, image, text, rows, **more):
    return {"path": path, "by": by, "tokenizer": BESIDE[path], "size": size, "texts": TEXTS, "ids": rows, "image": rounded(image), "text": rounded(text)} | more


@torch.no_grad()
def chinese_clip():
    tokenizer, vocabulary = bert_tokenizer()
    text = {"vocab_size": vocabulary, "hidden_size": 48, "intermediate_size": 96, "num_hidden_layers": 3, "num_attention_heads": 4}
    config = ChineseCLIPConfig(text_config=text | {"max_position_embeddings": 64}, vision_config=VISION, projection_dim=32)
    model = randomise(ChineseCLIPModel(config))
    path = folder("chinese-clip-hf", "bert/vocab.txt", "bert/tokenizer_config.json")
    config.save_pretrained(path)
    save_file(halves(model.state_dict()), path / "model.safetensors", {"format": "pt"})
    square = {"size": {"height": 32, "width": 32}, "crop_size": {"height": 32, "width": 32}, "do_center_crop": False}
    pre = square | {"image_mean": OPENAI_MEAN, "image_std": OPENAI_STD, "resample": 3}
    (path / "preprocessor_config.json").write_text(json.dumps(pre) + "\n")
    rows = shortened([tokenizer(text)["input_ids"] for text in TEXTS], 52)
    ids, mask = padded(rows, 0)
    image = model.get_image_features(pixel_values=planes(32, OPENAI_MEAN, OPENAI_STD)).pooler_output
    text = model.get_text_features(input_ids=ids, attention_mask=mask).pooler_output
    return case(path.name, "transformers", 32, image, text, rows)


@torch.no_grad()
def chinese_clip_original():
    """cn_clip's file of the RN50: its model joins OpenAI's ResNet (read here by open_clip's) with a BERT (transformers')."""
    from open_clip.modified_resnet import ModifiedResNet

    tokenizer, vocabulary = bert_tokenizer()
    config = BertConfig(vocab_size=vocabulary, hidden_size=128, intermediate_size=128, num_hidden_layers=2, num_attention_heads=2, max_position_embeddings=64)

    class Joined(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.visual = ModifiedResNet([1, 1, 1, 1], 32, heads=4, image_size=64, width=8)
            self.bert = BertModel(config)
            self.text_projection = torch.nn.Parameter(torch.empty(128, 32))
            self.logit_scale = torch.nn.Parameter(torch.tensor(4.6))

    model = randomise(Joined())
    images = planes(64, OPENAI_MEAN, OPENAI_STD)
    for norm in [module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d)]:
        norm.reset_running_stats()
        norm.momentum = None
    model.visual.train()(images)
    model.eval()
    for value in model.state_dict().values():
        if value.is_floating_point():
            value.copy_(value.half().float())
    path = folder("chinese-clip-original", "bert/vocab.txt")
    state = {f"module.{name}": value for name, value in halves(model.state_dict()).items()}
    torch.save({"epoch": 1, "name": "tiny", "state_dict": state}, path / "clip_cn_tiny.pt")
    rows = shortened([tokenizer(text)["input_ids"] for text in TEXTS], 52)
    ids, mask = padded(rows, 0)
    text = model.bert(ids, attention_mask=mask).last_hidden_state[:, 0] @ model.text_projection
    return case(path.name, "open_clip and transformers", 64, model.visual(images), text, rows)


@torch.no_grad()
def siglip(name, tokenizer, vocabulary, encode, pad, size=32):
    text = {"vocab_size": vocabulary, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4}
    text |= {"max_position_embeddings": 64, "projection_size": 64}
    config = SiglipConfig(text_config=text, vision_config=VISION | {"image_size": size})
    model = randomise(SiglipModel(config))
    path = folder(name, *tokenizer)
    config.save_pretrained(path)
    save_file(halves(model.state_dict()), path / "model.safetensors", {"format": "pt"})
    pre = {"size": {"height": size, "width": size}, "image_mean": [0.5] * 3, "image_std": [0.5] * 3, "resample": 3}
    (path / "preprocessor_config.json").write_text(json.dumps(pre) + "\n")
    rows = shortened([encode(text) for text in TEXTS], 64)
    ids, _ = padded(rows, pad, 64)
    images = planes(size, [0.5] * 3, [0.5] * 3)
    out = model(input_ids=ids, pixel_values=images)
    image = model.get_image_features(pixel_values=images).pooler_output
    features = model.get_text_features(input_ids=ids).pooler_output
    return case(path.name, "transformers", size, image, features, rows, logits=rounded(out.logits_per_image))


def siglip_spm():
    import multilingual_texts as texts
    import sentencepiece

    processor = sentencepiece.SentencePieceProcessor(model_proto=(TOKENIZERS / "siglip" / "spiece.model").read_bytes())
    return processor, lambda text: processor.encode(texts.clean_siglip(text)) + [1]


def siglip_one():
    processor, encode = siglip_spm()
    files = ("siglip/spiece.model", "siglip/tokenizer_config.json")
    # A side that is no multiple of the patch's, as so400m-patch14-384 has.
    return siglip("siglip-hf", files, processor.get_piece_size(), encode, 1, 36)


def siglip_two():
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(TOKENIZERS / "gemma" / "tokenizer.json"))
    files = ("gemma/tokenizer.json", "gemma/tokenizer_config.json")
    lower = lambda text: tokenizer.encode("".join(c.lower() for c in text)).ids  # noqa: E731
    return siglip("siglip2-hf", files, tokenizer.get_vocab_size(), lower, 0)


@torch.no_grad()
def open_clip_siglip():
    """timm's tower under its real name, made small."""
    import open_clip
    import timm
    from timm.models.vision_transformer import VisionTransformer

    processor, _ = siglip_spm()
    model_name = "vit_base_patch16_siglip_224"

    def small(pretrained=False, img_size=32, **kwargs):
        return VisionTransformer(
            img_size=img_size, patch_size=8, embed_dim=48, depth=2, num_heads=12, mlp_ratio=2, class_token=False,
            global_pool="map", num_classes=kwargs.get("num_classes", 0),
        )  # fmt: skip

    timm.models._registry._model_entrypoints[model_name] = small
    vision = {"image_size": 32, "timm_model_name": model_name, "timm_model_pretrained": False, "timm_pool": "map", "timm_proj": "none"}
    text = {"context_length": 16, "vocab_size": processor.get_piece_size(), "hf_tokenizer_name": "timm/ViT-B-16-SigLIP"}
    text |= {"tokenizer_kwargs": {"clean": "canonicalize"}, "width": 48, "heads": 4, "layers": 2, "mlp_ratio": 3.0, "no_causal_mask": True}
    text |= {"proj_bias": True, "pool_type": "last", "norm_kwargs": {"eps": 1e-6}, "act_kwargs": {"approximate": "tanh"}}
    config = {"embed_dim": 48, "init_logit_bias": -10, "custom_text": True, "vision_cfg": vision, "text_cfg": text}
    kwargs = {key: value for key, value in config.items() if key != "custom_text"}
    model = randomise(open_clip.CustomTextCLIP(**kwargs))
    path = folder("siglip-open-clip", "siglip/spiece.model", "siglip/tokenizer_config.json")
    pre = {"size": 32, "mean": [0.5] * 3, "std": [0.5] * 3, "interpolation": "bicubic", "resize_mode": "squash"}
    (path / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": pre}, indent=1) + "\n")
    save_file(halves(model.state_dict()), path / "open_clip_model.safetensors")
    clean = open_clip.tokenizer.get_clean_fn("canonicalize")
    rows = shortened([processor.encode(clean(text)) + [1] for text in TEXTS], 16)
    ids, _ = padded(rows, 1, 16)
    images = planes(32, [0.5] * 3, [0.5] * 3)
    image, features = model.encode_image(images), model.encode_text(ids)
    unit = torch.nn.functional.normalize
    logits = model.logit_scale.exp() * unit(image, dim=-1) @ unit(features, dim=-1).T + model.logit_bias
    return case(path.name, "open_clip", 32, image, features, rows, logits=rounded(logits))


@torch.no_grad()
def open_clip_hub(name, hub_name, hub_config, **text_options):
    """A text tower of transformers' in open_clip: its configuration is read from a folder, and then named as on the hub."""
    import open_clip

    tokenizer, vocabulary = xlm_roberta_tokenizer()
    local = OUT / "config"
    local.mkdir(parents=True, exist_ok=True)
    hub_config(vocabulary).save_pretrained(local)
    vision = {"image_size": 32, "layers": 2, "width": 64, "patch_size": 8, "head_width": 16}
    text = {"hf_model_name": str(local), "hf_tokenizer_name": hub_name, "hf_model_pretrained": False} | text_options
    model = randomise(open_clip.CustomTextCLIP(embed_dim=32, vision_cfg=vision, text_cfg=text))
    shutil.rmtree(local)
    path = folder(name, "xlm-roberta/sentencepiece.bpe.model", "xlm-roberta/tokenizer_config.json")
    stored = {"hf_model_name": hub_name, "hf_tokenizer_name": hub_name} | text_options
    config = {"model_cfg": {"embed_dim": 32, "vision_cfg": vision, "text_cfg": stored}, "preprocess_cfg": {}}
    (path / "open_clip_config.json").write_text(json.dumps(config, indent=1) + "\n")
    save_file(halves(model.state_dict()), path / "open_clip_model.safetensors")
    clean = open_clip.tokenizer.get_clean_fn("whitespace")
    rows = shortened([tokenizer(clean(text))["input_ids"] for text in TEXTS], 77)
    ids, _ = padded(rows, 1, 77)
    image = model.encode_image(planes(32, OPENAI_MEAN, OPENAI_STD))
    return case(path.name, "open_clip", 32, image, model.encode_text(ids), rows)


def roberta_config(vocabulary):
    return XLMRobertaConfig(
        vocab_size=vocabulary, hidden_size=128, intermediate_size=96, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=130, pad_token_id=1, type_vocab_size=1, layer_norm_eps=1e-5,
    )  # fmt: skip


def nllb_config(vocabulary):
    return M2M100Config(
        vocab_size=vocabulary, d_model=128, encoder_layers=2, encoder_attention_heads=2, encoder_ffn_dim=96, decoder_layers=1,
        decoder_attention_heads=2, decoder_ffn_dim=32, scale_embedding=True, max_position_embeddings=130, pad_token_id=1,
    )  # fmt: skip


@torch.no_grad()
def m_clip():
    """multilingual_clip's class in its own words: the mean of what is no padding, through a linear layer with a bias."""
    tokenizer, vocabulary = xlm_roberta_tokenizer()

    class Text(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.transformer = XLMRobertaModel(roberta_config(vocabulary))
            self.LinearTransformation = torch.nn.Linear(128, 64)

    model = randomise(Text())
    path = folder("m-clip-text", "xlm-roberta/sentencepiece.bpe.model", "xlm-roberta/tokenizer_config.json")
    config = {"architectures": ["MultilingualCLIP"], "modelBase": "xlm-roberta-large", "model_type": "M-CLIP", "numDims": 64, "transformerDimensions": 128}
    (path / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    torch.save(halves(model.state_dict()), path / "pytorch_model.bin")
    rows = shortened([tokenizer(text)["input_ids"] for text in TEXTS], 128)
    ids, mask = padded(rows, 1)
    hidden = model.transformer(ids, attention_mask=mask).last_hidden_state
    mean = (hidden * mask.unsqueeze(2)).sum(dim=1) / mask.sum(dim=1)[:, None]
    return case(path.name, "transformers", 0, torch.zeros(1, 64), model.LinearTransformation(mean), rows)


JINA_TASKS = ["retrieval.query", "retrieval.passage", "separation", "classification", "text-matching"]


def jina_state(width, dim, vocabulary, tasks, dtype, rank=4, layers=2, inner=96, mlp=2.6667, patch=8, places=17):
    """Every tensor of a Jina-CLIP under the name of the published file: EVA's image tower, XLM-RoBERTa with adapters, projections where dim says so."""
    hidden = int(width * mlp)
    shapes = {"logit_scale": [], "vision_model.cls_token": [1, 1, width], "vision_model.pos_embed": [1, places, width]}
    vision, text = "vision_model.", "text_model.transformer.roberta."

    def linear(name, out, into, bias=True):
        shapes[f"{name}.weight"] = [out, into]
        if bias:
            shapes[f"{name}.bias"] = [out]

    def adapted(name, rows, columns, bias=True):
        table = name.endswith("_embeddings")
        shapes[f"{name}.parametrizations.weight.original"] = [rows, columns]
        shapes[f"{name}.parametrizations.weight.0.lora_A"] = [len(tasks), rows, rank] if table else [len(tasks), rank, columns]
        shapes[f"{name}.parametrizations.weight.0.lora_B"] = [len(tasks), rank, columns] if table else [len(tasks), rows, rank]
        if bias:
            shapes[f"{name}.bias"] = [rows]

    def norm(name, size):
        shapes.update({f"{name}.weight": [size], f"{name}.bias": [size]})

    shapes.update({f"{vision}patch_embed.proj.weight": [width, 3, patch, patch], f"{vision}patch_embed.proj.bias": [width]})
    norm(f"{vision}norm", width)
    for i in range(layers):
        block = f"{vision}blocks.{i}."
        for part in ("norm1", "norm2", "attn.inner_attn_ln"):
            norm(block + part, width)
        norm(f"{block}mlp.ffn_ln", hidden)
        for part in "qkv":
            linear(f"{block}attn.{part}_proj", width, width, bias=False)
        shapes.update({f"{block}attn.q_bias": [width], f"{block}attn.v_bias": [width]})
        linear(f"{block}attn.proj", width, width)
        for name, out, into in (("w1", hidden, width), ("w2", hidden, width), ("w3", width, hidden)):
            linear(f"{block}mlp.{name}", out, into)
        layer = f"{text}encoder.layers.{i}."
        for name, out, into in (("mixer.Wqkv", 3 * width, width), ("mixer.out_proj", width, width), ("mlp.fc1", inner, width), ("mlp.fc2", width, inner)):
            adapted(layer + name, out, into)
        norm(f"{layer}norm1", width)
        norm(f"{layer}norm2", width)
    adapted(f"{text}embeddings.word_embeddings", vocabulary, width, bias=False)
    adapted(f"{text}embeddings.token_type_embeddings", 1, width, bias=False)
    norm(f"{text}emb_ln", width)
    if dim != width:
        linear(f"{vision}head", dim, width)
        linear("text_model.proj", dim, width)
    generator = torch.Generator().manual_seed(SEED)
    state = {}
    for name, shape in sorted(shapes.items()):
        noise = torch.randn(shape, generator=generator)
        if name == "logit_scale":
            value = torch.tensor(4.6)
        elif len(shape) == 1:
            value = 0.1 * noise + (1 if name.endswith("weight") else 0)
        elif "lora" in name:
            value = 0.2 * noise
        elif "embed" in name and "proj" not in name:
            value = 0.5 * noise
        else:
            value = 0.9 * noise * noise[0].numel() ** -0.5
        state[name] = value.to(dtype)
    return state


def jina_text(state, heads, task, scale):
    """The text tower by transformers' class for Jina's embeddings, its matrices with what the task adds to them."""
    prefix = "text_model.transformer.roberta."
    own = {}
    for name, value in state.items():
        if not name.startswith(prefix) or ".lora_" in name:
            continue
        value, name = value.float(), name[len(prefix) :]
        if name.endswith("original") and task is not None:
            a, b = (state[f"{prefix}{name[: -len('original')]}0.lora_{part}"][task].float() for part in "AB")
            value = value + scale * (a @ b if "_embeddings" in name else b @ a)
        own[name.replace(".parametrizations.weight.original", ".weight")] = value
    renamed = {}
    for name, value in own.items():
        name = name.replace("emb_ln", "embeddings.LayerNorm").replace("encoder.", "").replace("mixer.out_proj", "self_attn.o_proj")
        name = name.replace("norm1", "post_attention_layernorm").replace("norm2", "post_mlp_layernorm")
        if "Wqkv" not in name:
            renamed[name] = value
            continue
        for part, rows in zip("qkv", value.chunk(3)):
            renamed[name.replace("mixer.Wqkv", f"self_attn.{part}_proj")] = rows
    vocabulary, width = renamed["embeddings.word_embeddings.weight"].shape
    inner = renamed["layers.0.mlp.fc1.weight"].shape[0]
    # The rest is what the text tower's own configuration on the hub says, and the class's defaults are.
    config = JinaEmbeddingsV3Config(
        vocab_size=vocabulary, hidden_size=width, intermediate_size=inner, num_attention_heads=heads, num_hidden_layers=2,
        rope_parameters={"rope_type": "default", "rope_theta": JinaEmbeddingsV3Config.default_theta},
    )  # fmt: skip
    model = JinaEmbeddingsV3Model(config, add_pooling_layer=False).eval()
    model.load_state_dict(renamed, strict=True)
    return model


@torch.no_grad()
def jina_clip(name, width, dim, dtype, heads, tasks, task, kwargs, scale, squash=False):
    """Jina-CLIP v2: the image tower by timm's EVA, which reads the published names itself."""
    from timm.models.eva import Eva, checkpoint_filter_fn

    tokenizer, vocabulary = xlm_roberta_tokenizer()
    zipped = TOKENIZERS / "xlm-roberta" / "tokenizer.json.gz"
    zipped.write_bytes(gzip.compress(tokenizer.backend_tokenizer.to_str().encode(), 9, mtime=0))
    path = folder(name, "xlm-roberta/tokenizer.json.gz", "xlm-roberta/tokenizer_config.json")
    state = jina_state(width, dim, vocabulary, tasks, dtype)
    save_file(state, path / "model.safetensors", {"format": "pt"})
    linear = None if dim == width else "linear"
    text = {"default_instruction_task": None, "default_lora_task": tasks[task], "embed_dim": dim, "hf_model_config_kwargs": kwargs | {"num_attention_heads": heads}}
    text |= {"hf_model_name_or_path": "jinaai/jina-embeddings-v3", "model_type": "jina_clip_text", "pooler_type": "mean_pooler", "proj_bias": linear is not None, "proj_type": linear}
    vision = {"embed_dim": dim, "fused_layer_norm": False, "head_width": width // heads, "image_size": 36, "intp_freq": True, "layers": 2, "ls_init_value": None}
    vision |= {"mlp_ratio": 2.6667, "model_type": "jina_clip_vision", "naive_swiglu": True, "patch_dropout": 0.1, "patch_size": 8, "post_norm": False}
    vision |= {"proj_type": linear, "pt_hw_seq_len": 16, "qkv_bias": True, "rope_embeddings": True, "subln": True, "width": width, "x_attention": True}
    config = {"add_projections": False, "architectures": ["JinaCLIPModel"], "initializer_factor": 1.0, "logit_scale_init_value": 2.6592}
    config |= {"matryoshka_dimensions": [8, 16, 32, 64], "model_type": "jina_clip", "projection_dim": dim, "text_config": text, "torch_dtype": str(dtype)[6:]}
    config |= {"truncate_dim": None, "use_text_flash_attn": None, "use_vision_xformers": None, "vision_config": vision}
    (path / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    pre = {"fill_color": 0, "image_processor_type": "JinaCLIPImageProcessor", "interpolation": "bicubic", "mean": OPENAI_MEAN, "processor_class": "JinaCLIPProcessor"}
    pre |= {"resize_mode": "squash" if squash else "shortest", "size": 36, "std": OPENAI_STD}
    (path / "preprocessor_config.json").write_text(json.dumps(pre) + "\n")

    eva = Eva(
        img_size=36, patch_size=8, num_classes=0 if linear is None else dim, global_pool="token", embed_dim=width, depth=2, num_heads=heads,
        qkv_fused=False, mlp_ratio=2.6667, swiglu_mlp=True, scale_mlp=True, scale_attn_inner=True, use_rot_pos_emb=True, ref_feat_shape=(16, 16),
    ).eval()  # fmt: skip
    own = {key.removeprefix("vision_model."): value.float() for key, value in state.items() if key.startswith("vision_model.")}
    eva.load_state_dict(checkpoint_filter_fn(own, eva), strict=True)
    rows = shortened([tokenizer(text)["input_ids"] for text in TEXTS], 512)
    ids, mask = padded(rows, 1)

    def features(task):
        hidden = jina_text(state, heads, task, scale)(ids, attention_mask=mask).last_hidden_state
        mean = (hidden * mask.unsqueeze(-1)).sum(dim=1) / mask.sum(-1, keepdim=True)
        return mean if linear is None else mean @ state["text_model.proj.weight"].float().T + state["text_model.proj.bias"].float()

    image = eva(planes(36, OPENAI_MEAN, OPENAI_STD))
    return case(path.name, "timm and transformers", 36, image, features(task), rows, plain=rounded(features(None)))


def main():
    cases = [
        chinese_clip(),
        chinese_clip_original(),
        siglip_one(),
        siglip_two(),
        open_clip_siglip(),
        open_clip_hub("xlm-roberta-open-clip", "xlm-roberta-base", roberta_config, hf_pooler_type="mean_pooler"),
        open_clip_hub("nllb-open-clip", "facebook/nllb-200-distilled-600M", nllb_config, hf_pooler_type="cls_pooler", hf_proj_type="linear"),
        m_clip(),
        # As published: numbers of 16 bits, one task, whose rank and multiplier the configuration says.
        jina_clip(
            "jina-clip-v2", 64, 64, torch.bfloat16, 2, JINA_TASKS[:1], 0,
            {"load_trained_adapters": False, "lora_adaptations": JINA_TASKS[:1], "lora_alpha": 4, "lora_dropout_p": 0.0, "lora_main_params_trainable": False, "lora_rank": 4, "use_flash_attn": True}, 1.0,
        ),  # fmt: skip
        # All that the text tower's own configuration says: five tasks, alpha 1; a matrix behind each tower.
        jina_clip("jina-clip-tasks", 32, 24, torch.float16, 2, JINA_TASKS, 4, {}, 0.25, squash=True),
    ]
    packages = ("torch", "open_clip_torch", "transformers", "timm", "sentencepiece")
    provenance = {"made by": "tools/goldens/multilingual.py", "seed": SEED, "versions": {p: version(p) for p in packages}}
    lines = ",\n".join(json.dumps(one, separators=(",", ":"), ensure_ascii=False) for one in cases)
    shown = {size: base64.b64encode(pictures(size).tobytes()).decode() for size in (32, 36, 64)}
    head = f'"provenance":{json.dumps(provenance)},\n"pixels":{json.dumps(shown)}'
    (OUT / "models.json").write_text(f'{{{head},\n"cases":[\n{lines}\n]}}\n', encoding="utf-8")
    for one in cases:
        first, second = torch.tensor(one["text"][:2])
        print(one["path"], "cosine of two texts %.4f" % torch.nn.functional.cosine_similarity(first, second, dim=0))


main()
