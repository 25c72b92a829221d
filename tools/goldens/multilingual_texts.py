"""Writes test/golden/multilingual/tokenizers/: small vocabularies of each family in its real file format, and what the
reference tokenizers make of a table of strings in more than 20 scripts.

    python tools/goldens/multilingual_texts.py

needs sentencepiece and babel beside requirements.txt. The strings are the names of languages, countries, months and units in
many languages (CLDR through babel), in phrases and alone, and every twentieth row of the odd strings of clip-ids.jsonl.gz. Real vocabularies
are not at hand: these are trained on the same text with the normalisers and pre-tokenizers of each family. References:
transformers' BertTokenizer, XLMRobertaTokenizer and Siglip2Tokenizer, and for SigLIP's first tokenizer sentencepiece itself behind
the cleaning of big_vision that transformers' SiglipTokenizer names.
"""

import gzip
import io
import json
import pathlib
import random
import re
import string
import unicodedata
from importlib.metadata import version

import babel
import sentencepiece
import transformers
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import BertTokenizer, XLMRobertaTokenizer

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "test" / "golden" / "multilingual" / "tokenizers"
SEED = 20221102
LOCALES = (
    "en zh zh_Hant ja ko ru uk bg el ar fa ur he hi mr bn ta te kn ml gu pa th lo km my ka hy am si dz fr de es pt pl cs vi tr "
    "sv fi hu lt"
).split()
ROWS_A_LOCALE = 30
VOCABULARY = 900
# Single characters of all those scripts alone are some hundreds.
UNIGRAM_VOCABULARY = 2000


def known(text):
    return not any(unicodedata.category(c) in ("Cn", "Co", "Cs") for c in text)


def names(code):
    locale = babel.Locale.parse(code)
    found = [*locale.languages.values(), *locale.territories.values()]
    found += [name for width in locale.months["format"].values() for name in width.values()]
    found += [name for width in locale.days["format"].values() for name in width.values()]
    return [name for name in dict.fromkeys(found) if known(name)]


def phrases(words, draw):
    """Words alone, in pairs, in capitals, with signs and spaces about them."""
    for word in words:
        other = draw.choice(words)
        yield draw.choice(
            [word, f"{word} {other}", f"{word}, {other}!", f"  {word}\t{other} ", word.upper(), f"({word})-{other}", f"{word}2024{other}"]
        )


def odd():
    lines = gzip.decompress((ROOT / "test/golden/text/clip-ids.jsonl.gz").read_bytes()).decode("ascii").splitlines()
    texts = [json.loads(line)[0] for line in lines[::20]]
    return [text for text in texts if known(text) and len(text) < 300]


def table_and_corpus():
    draw = random.Random(SEED)
    rows, corpus = [], []
    for code in LOCALES:
        words = names(code)
        corpus += words
        rows += phrases(draw.sample(words, ROWS_A_LOCALE), draw)
    return list(dict.fromkeys(rows + odd())), corpus


def scripts(rows):
    return {unicodedata.name(c, "").split(" ")[0] for row in rows for c in row if c.isalpha()}


def word_piece(corpus):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(vocab_size=VOCABULARY, special_tokens=special, limit_alphabet=500, show_progress=False)
    tokenizer.train_from_iterator(corpus, trainer)
    vocab = tokenizer.get_vocab()
    lines = sorted(vocab, key=vocab.get)
    (OUT / "bert").mkdir(parents=True, exist_ok=True)
    (OUT / "bert" / "vocab.txt").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    (OUT / "bert" / "tokenizer_config.json").write_text('{"do_lower_case": true, "tokenizer_class": "BertTokenizer"}\n')
    return BertTokenizer(vocab=vocab)


def train_unigram(corpus, **options):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(corpus), model_writer=model, model_type="unigram", vocab_size=UNIGRAM_VOCABULARY,
        character_coverage=0.98, normalization_rule_name="nmt_nfkc", hard_vocab_limit=False, num_threads=1,
        minloglevel=2, **options,
    )  # fmt: skip
    return model.getvalue()


def pieces_of(model):
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    return [(processor.id_to_piece(i), processor.get_score(i)) for i in range(processor.get_piece_size())]


def characters_of(model):
    from sentencepiece import sentencepiece_model_pb2

    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(model)
    return proto.normalizer_spec.precompiled_charsmap


def xlm_roberta(corpus):
    model = train_unigram(corpus, unk_id=0, bos_id=1, eos_id=2)
    folder = OUT / "xlm-roberta"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sentencepiece.bpe.model").write_bytes(model)
    own = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    vocab = own + pieces_of(model)[3:] + [("<mask>", 0.0)]
    tokenizer = XLMRobertaTokenizer(vocab=vocab, _spm_precompiled_charsmap=characters_of(model))
    (folder / "tokenizer_config.json").write_text('{"pad_token": "<pad>", "tokenizer_class": "XLMRobertaTokenizer"}\n')
    return tokenizer


def siglip(corpus):
    """SigLIP's: </s> is 1 and fills rows up, no token begins a text."""
    model = train_unigram([clean_siglip(text) for text in corpus], pad_id=0, eos_id=1, unk_id=2, bos_id=-1, pad_piece="<pad>")
    folder = OUT / "siglip"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "spiece.model").write_bytes(model)
    (folder / "tokenizer_config.json").write_text('{"pad_token": "</s>", "tokenizer_class": "SiglipTokenizer"}\n')
    return sentencepiece.SentencePieceProcessor(model_proto=model)


def clean_siglip(text):
    """big_vision's canonicalize_text, in the words of transformers' SiglipTokenizer."""
    text = text.replace("▁", " ").lower().translate(str.maketrans("", "", string.punctuation))
    return re.sub(r"\s+", " ", text).strip()


def gemma(corpus):
    """Byte-level fallback, spaces as ▁, no pre-tokens; transformers' Siglip2Tokenizer lowers its texts."""
    from transformers.models.siglip2.tokenization_siglip2 import Siglip2Tokenizer

    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
    bytes_ = [f"<0x{byte:02X}>" for byte in range(256)]
    learner = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    learner.normalizer = normalizers.Sequence([normalizers.Lowercase(), normalizers.Replace(" ", "▁")])
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=special + bytes_, limit_alphabet=250, show_progress=False
    )
    learner.train_from_iterator(corpus, trainer)
    model = json.loads(learner.to_str())["model"]
    merges = [tuple(merge) for merge in model["merges"]]
    tokenizer = Siglip2Tokenizer(vocab=model["vocab"], merges=merges)
    backend = tokenizer.backend_tokenizer
    backend.post_processor = processors.TemplateProcessing(single="$A <eos>", pair="$A <eos> $B <eos>", special_tokens=[("<eos>", 1)])
    folder = OUT / "gemma"
    folder.mkdir(parents=True, exist_ok=True)
    # The published files have Gemma's normaliser alone: what lowers is the class.
    stored = json.loads(backend.to_str())
    stored["normalizer"] = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
    (folder / "tokenizer.json").write_text(json.dumps(stored, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "tokenizer_config.json").write_text('{"pad_token": "<pad>", "padding_side": "right", "tokenizer_class": "GemmaTokenizer"}\n')
    return tokenizer


def write(name, rows, encode):
    body = "".join(json.dumps([row, encode(row)], separators=(",", ":")) + "\n" for row in rows)
    (OUT / f"{name}-ids.jsonl.gz").write_bytes(gzip.compress(body.encode("ascii"), 9, mtime=0))


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    rows, corpus = table_and_corpus()
    bert, xlmr, spm, two = word_piece(corpus), xlm_roberta(corpus), siglip(corpus), gemma(corpus)
    write("bert", rows, lambda text: bert(text)["input_ids"])
    write("xlm-roberta", rows, lambda text: xlmr(text)["input_ids"])
    write("siglip", rows, lambda text: spm.encode(clean_siglip(text)) + [1])
    write("gemma", rows, lambda text: two.backend_tokenizer.encode(text).ids)
    found = sorted(scripts(rows))
    provenance = {"script": "tools/goldens/multilingual_texts.py", "rows": len(rows), "seed": SEED, "scripts": found}
    packages = ("transformers", "tokenizers", "sentencepiece", "babel")
    provenance["versions"] = {package: version(package) for package in packages}
    (OUT / "provenance.json").write_text(json.dumps(provenance, indent=1) + "\n")
    print(len(rows), "rows", len(found), "scripts")


if __name__ == "__main__":
    main()
