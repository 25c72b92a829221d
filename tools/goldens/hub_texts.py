"""Writes test/golden/text/hub-*: what Hugging Face's Python tokenizers give to a table of strings.

Run from the repository root (no shim): /work/venv/bin/python tools/goldens/hub_texts.py
Two tokenizers: transformers' CLIPTokenizer over the same merges (its file of 2 MB is not kept: the test writes it again
from the merges, and its other parts are kept in hub-clip-frame.json), and a BERT WordPiece tokenizer with a vocabulary
of 1,500 pieces trained here on the table itself.
"""

import gzip
import importlib.util
import json
import pathlib
import unicodedata

import tokenizers
import transformers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

OUT = pathlib.Path("test/golden/text")
EVERY_NTH = 4


def table() -> list[str]:
    """Rows of characters that every Unicode version since 14 knows: the tokenizers follow their platform's version."""
    lines = gzip.decompress((OUT / "clip-ids.jsonl.gz").read_bytes()).decode("ascii").splitlines()
    texts = [json.loads(line)[0] for line in lines[::EVERY_NTH]]
    return [t for t in texts if not any(unicodedata.category(c) in ("Cn", "Co", "Cs") for c in t)]


def clip_tokenizer() -> Tokenizer:
    path = pathlib.Path(importlib.util.find_spec("open_clip").origin).with_name("bpe_simple_vocab_16e6.txt.gz")
    merges = [tuple(m.split()) for m in gzip.open(path).read().decode("utf-8").split("\n")[1:48895]]
    chars = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    names = [chr(b) for b in chars] + [chr(256 + n) for n in range(256 - len(chars))]
    words = names + [n + "</w>" for n in names] + ["".join(m) for m in merges] + ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {word: i for i, word in enumerate(words)}
    return transformers.CLIPTokenizer(vocab=vocabulary, merges=merges).backend_tokenizer


def word_piece(texts: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(vocab_size=1500, special_tokens=special, limit_alphabet=400, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return tokenizer


def write(name: str, tokenizer: Tokenizer, texts: list[str]) -> None:
    rows = [[text, tokenizer.encode(text).ids] for text in texts]
    body = "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows)
    (OUT / f"{name}-ids.jsonl.gz").write_bytes(gzip.compress(body.encode("ascii"), 9, mtime=0))


def main() -> None:
    texts = table()
    clip = clip_tokenizer()
    write("hub-clip", clip, texts)
    frame = json.loads(clip.to_str())
    frame["model"]["vocab"], frame["model"]["merges"] = {}, []
    (OUT / "hub-clip-frame.json").write_text(json.dumps(frame, indent=1) + "\n")
    pieces = word_piece(texts)
    write("hub-wordpiece", pieces, texts)
    (OUT / "hub-wordpiece.json").write_text(pieces.to_str(pretty=False) + "\n")
    versions = {"script": "tools/goldens/hub_texts.py", "rows": len(texts), "row": "[text, ids with the template's own, not shortened]"}
    versions |= {"transformers": transformers.__version__, "tokenizers": tokenizers.__version__}
    (OUT / "hub-provenance.json").write_text(json.dumps(versions, indent=2) + "\n")


main()
