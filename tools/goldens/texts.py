"""Writes test/golden/text/*: ids that the original tokenizer gives to a table of strings.

Run from the repository root:
  PYTHONPATH=tools/goldens/shim /work/venv/bin/python tools/goldens/texts.py [--private ROWS FILE]
`clip` is clip-anytorch, whose simple_tokenizer.py is byte for byte that of OpenAI's repository. With --private it
writes that many random rows (and the fixed ones) to FILE instead, to be compared and thrown away.
A row is [text, ids without padding, tokens of the whole text]; ids are the plain output of
clip.tokenize(truncate=True).
"""

import argparse
import gzip
import html.entities
import json
import pathlib
import random
import sys
import unicodedata

import clip
import ftfy
import regex
from clip.simple_tokenizer import SimpleTokenizer

SEED = 20_240_601
ROWS = 3_000
OUT = pathlib.Path("test/golden/text")
TOKENIZER = SimpleTokenizer()

SENTENCES = """A dog runs across the wet grass with a ball in its mouth.
Two children are building a sand castle near the sea.
The old lighthouse stands on a rock above grey waves.
A plate of noodles with egg, spring onion and chili oil.
Someone's bicycle leans against a red brick wall.
They've painted the door bright yellow, haven't they?
A man in a blue jacket is climbing a frozen waterfall.
Three cats are asleep on a sofa that isn't theirs.
An aerial photo of a river delta at sunset.
Close-up of a bee on a purple flower, f/2.8, 1/500 s.
A street musician plays the accordion while people pass by.
She'll wear the striped dress; I'd rather wear mine.
A crowded market: lemons, peppers, fish & bread.
a photo of a small_dog_breed, a type of pet.
A DSLR photo of the city at NIGHT, 4K, HDR!!!
I'm sure we're late, but it's only 7:45 p.m. (EST).
A satellite picture of farmland in the year 2021.
Snow covers the roofs of a village in the Alps.
Crème brûlée with raspberries at a café in Orléans.
El niño come piña y jalapeños en el jardín.
Größere Straßen führen über die Brücke nach Köln.
Zażółć gęślą jaźń na łące pełnej kwiatów.
Příliš žluťoučký kůň úpěl ďábelské ódy.
İstanbul'da ılık bir gün: IĞDIR, ığdır, ŞİŞLİ.
Ο ΟΔΥΣΣΕΥΣ ΕΊΝΑΙ ΣΟΦΌΣ ΚΑΙ ΓΡΉΓΟΡΟΣ.
Ο Οδυσσέας ταξίδεψε στη θάλασσα για χρόνια.
Съешь ещё этих мягких французских булок, да выпей чаю.
Їжак і ґава сидять на ґанку біля хати.
رجل يركب جملا في الصحراء عند غروب الشمس.
دو گربه روی دیوار نشسته‌اند.
शहर की सड़क पर एक पीली टैक्सी खड़ी है।
แมวสองตัวนอนอยู่บนโซฟาสีแดง
一只狗在草地上奔跑,嘴里叼着球。
兩個孩子在海邊堆沙堡。
赤い自転車が壁に立てかけてある。
ﾊﾝｶｸｶﾀｶﾅとＦＵＬＬ　ＷＩＤＴＨ１２３
두 아이가 해변에서 모래성을 쌓고 있다.
שני ילדים משחקים בכדור בחוף הים.
Hai đứa trẻ xây lâu đài cát bên bờ biển.
Μια γάτα κοιμάται στον καναπέ.
კატა დივანზე სძინავს.
Կատուն քնած է բազմոցին:
வீட்டின் முன் ஒரு நாய் இருக்கிறது.
ድመት በሶፋ ላይ ተኝታለች።
ខ្មៅ ស និង ក្រហម
Naïve façade — “curly” ‘quotes’ … and – dashes""".split("\n")

PIECES = (
    ["👨‍👩‍👧‍👦", "🇫🇷🇯🇵🏴󠁧󠁢󠁷󠁬󠁳󠁿", "👍🏽👩🏿‍🚀", "❤️☺︎", "😀😂🤖", "e\u0301", "a\u030a\u0323", "\u0345", "ᾳ\u0345ΑΙ", "q\u0307\u0323"]
    + ["&amp;", "&lt;b&gt;", "&eacute;", "&EACUTE;", "&SZLIG;", "&nTILDE;", "&amp;amp;lt;", "&notit;", "&notin;", "&amp", "&#39;"]
    + ["&#x27;s", "&#150;", "&#x80;", "&#0;", "&#xD83D;&#xDE00;", "&#x110000;", "&#99999999999;", "&#59;", "&#13;", "&#1;", "&#xfdd0;"]
    + ["&hellip;", "&nbsp;", "&ngE;", "&Tab;", "&fjlig;", "&copyright", "&COPY", "&unknown;", "&;", "&#;", "&#x;", "&#12a;", "&#x41g;"]
    + ["１２３４", "٣٤٥", "१२३", "²³¹", "½⅓⅞", "ⅣⅫⅳ", "①②㊿", "Ⓐⓑ", "𝐁𝒐𝓵𝔡", "𝟘𝟙𝟚", "㎏㎡", "ﷺ", "𒐀", "一二三", "〇"]
    + ["ﬁﬂﬀﬃﬄﬅﬆ", "ĲĳŉǅǇǉǲǄ", "ß ẞ", "ſ 'ſ it'ſ", "İI ıi", "ΑΣ ΑΣ. ΣΑΣΑ Σ", "Å K Ω", "ŒœÆæØø", "Ǆǅǆ", "ᏣᎳᎩ ꭰ", "Ა ა", "Ꙁ ꙁ"]
    + ["_", "__init__", "a_b_c", "snake_case_2", "-", "--", "...", "!!!", "?!", "#tag", "@user", "50%", "$9.99", "€5", "£3", "¥100"]
    + ["'", "’", "‘", "ʼ", "‛", "`", "´", "'S", "'T", "'RE", "'VE", "'M", "'LL", "'D", "don’t", "IT’S", "we'LL've", "'tis", "''s", "o'clock"]
    + ["<|startoftext|>", "<|endoftext|>", "<|STARTOFTEXT|>", "<|ſtartoftext|>", "<|end of text|>", "<|endoftext|>x", "<br/>", "<", "</w>"]
    + ["\t", "\n", "\r\n", "\r", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x1f", "\x85", "\xa0", "\u1680", "\u180e", "\u2003", "\u200b"]
    + ["\u200d", "\u2028", "\u2029", "\u202f", "\u205f", "\u2060", "\u3000", "\ufeff", "\x00", "\x07", "\x08", "\x7f", "\x80", "\x9f"]
    + ["\x1b[31mred\x1b[0m", "\x1b[", "\x1b[٣m", "\ufffd", "\ufffc", "\ufff9", "\u206a", "\ue000", "\uf8ff", "\ufdd0", "\U000e0041"]
    + ["\ud83d", "\ude00", "\ud83d x \ude00", "\U0001fae9", "\U00016d67\U00016d68", "\U00010d50", "\ua7cb", "\u1c89", "\U0001e4d0", "\u0cf3"]
    + ["Ã©", "â€™", "â€œhiâ€\x9d", "Ã la mode", "voilÃ  ", "Â£5", "â€”", "ï¿½", "Ð¿Ñ€Ð¸Ð²ÐµÑ‚", "ðŸ˜€", "æ—¥æœ¬", "√©", "‚Äô", "вЂњ", "Гѓ"]
    + ["Ã±Â¿", "Ã\x83Â©", "â€� lost", "Ã?", "â\x80 x", "Å\x93uvre", "í\xa0½í¸\x80", "À\x80", "À\n", "À", "\x93quoted\x94", "├⌐", "Γé¼", "Ĺ‚", "Å‚"]
)

ENCODINGS = ["latin-1", "cp1252", "cp1251", "cp1250", "cp1253", "cp1254", "cp1257", "iso-8859-2", "mac_roman", "cp437", "cp850", "koi8_r", "utf-16-le"]
ENCODINGS += ["sloppy-windows-1252", "sloppy-windows-1251", "sloppy-windows-1250", "sloppy-windows-1253", "sloppy-windows-1254", "sloppy-windows-1257"]
BLOCKS = [(0x20, 0x7E), (0xA0, 0xFF), (0x80, 0x9F), (0x100, 0x24F), (0x250, 0x36F), (0x370, 0x3FF), (0x400, 0x52F), (0x590, 0x6FF), (0x900, 0xDFF)]
BLOCKS += [(0xE00, 0x10FF), (0x1100, 0x11FF), (0x13A0, 0x18AF), (0x1C80, 0x1FFF), (0x2000, 0x2BFF), (0x2C00, 0x2FFF), (0x3000, 0x33FF), (0x4E00, 0x9FFF)]
BLOCKS += [(0xA000, 0xABFF), (0xAC00, 0xD7FF), (0xD800, 0xDFFF), (0xE000, 0xFFFF), (0x10000, 0x11FFF), (0x12000, 0x1D7FF), (0x1F000, 0x1FAFF), (0, 0x10FFFF)]
NAMES = sorted(html.entities.html5)


def mojibake(rng: random.Random, text: str) -> str:
    for _ in range(rng.choice([1, 1, 1, 2, 2, 3])):
        raw = text.encode("utf-8", "surrogatepass")
        if rng.random() < 0.1:
            raw = raw.replace(b"\xa0", b" ")
        text = raw.decode(rng.choice(ENCODINGS), rng.choice(["replace", "replace", "ignore"]))
    return text


def scrambled(rng: random.Random) -> str:
    blocks = rng.sample(BLOCKS, rng.choice([1, 1, 2, 3]))
    return "".join(chr(rng.randint(*rng.choice(blocks))) for _ in range(rng.randint(1, 30)))


def reference(rng: random.Random) -> str:
    name = rng.choice(NAMES)
    form = rng.randrange(6)
    if form == 0:
        return f"&#{rng.choice([rng.randrange(300), rng.randrange(0x120000)])}{rng.choice(['', ';'])}"
    if form == 1:
        return f"&#{rng.choice('xX')}{rng.choice([rng.randrange(300), rng.randrange(0x120000)]):x}{rng.choice(['', ';'])}"
    if form == 2:
        return "&" + name.upper() + rng.choice(["", ";"])
    if form == 3:
        return "&" + name.rstrip(";") + rng.choice(["", "x", "1;", " ", ";;"])
    if form == 4:
        return "&amp;" + name
    return "&" + name


def mixture(rng: random.Random) -> str:
    parts = []
    for _ in range(rng.randint(1, 6)):
        kind = rng.randrange(6)
        if kind == 0:
            parts.append(rng.choice(rng.choice(SENTENCES).split() or [""]))
        elif kind == 1:
            parts.append(mojibake(rng, rng.choice(rng.choice(SENTENCES).split() or [""])))
        elif kind == 2:
            parts.append(reference(rng))
        elif kind == 3:
            parts.append(scrambled(rng)[:6])
        else:
            parts.append(rng.choice(PIECES))
    return rng.choice(["", " ", " ", "  "]).join(parts)


def fixed() -> list[str]:
    rows = ["", " ", "   \t\n ", "a", "\u3000", "&nbsp;"] + SENTENCES + PIECES
    rows += [s.upper() for s in SENTENCES] + [unicodedata.normalize("NFD", s) for s in SENTENCES]
    rows += [p + " x" for p in PIECES] + ["x" + p + "y" for p in PIECES]
    for words in (1, 2, 3, 73, 74, 75, 76, 77, 78, 100, 150):
        rows += [" ".join(["dog"] * words), " ".join(["dog's"] * (words // 2)), "." + " 7" * (words - 1)]
    rows += ["a" * 300, "ab" * 200, "supercalifragilistic" * 8, "é" * 120, "猫" * 90, "😀" * 40, "!" * 200, "=-" * 60, "1" * 90]
    for encoding in ENCODINGS:
        for s in SENTENCES[::3]:
            once = s.encode("utf-8").decode(encoding, "replace")
            rows.append(once)
            rows.append(once.encode("utf-8").decode("latin-1"))
    return rows


def randoms(rng: random.Random, count: int):
    for n in range(count):
        kind = n % 5
        if kind == 0:
            yield scrambled(rng)
        elif kind == 1:
            words = rng.choice(SENTENCES).split()
            start = rng.randrange(len(words))
            yield mojibake(rng, " ".join(words[start : start + rng.randint(1, 5)]))
        else:
            yield mixture(rng)


def row(text: str) -> list:
    # What UTF-16 cannot tell apart, a pair of surrogates and the character, is given as the character.
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    whole = len(TOKENIZER.encode(text)) + 2
    return [text, clip.tokenize([text], truncate=True)[0].tolist()[: min(whole, 77)], whole]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--private", nargs=2)
    options = parser.parse_args()
    rng = random.Random(SEED + (1 if options.private else 0))
    base = fixed()
    count = int(options.private[0]) if options.private else ROWS - len(set(base))
    texts = list(dict.fromkeys(base + list(randoms(rng, count))))
    if options.private:
        with open(options.private[1], "w", encoding="ascii") as out:
            for text in texts:
                out.write(json.dumps(row(text)) + "\n")
        return
    OUT.mkdir(parents=True, exist_ok=True)
    body = "".join(json.dumps(row(text), separators=(",", ":")) + "\n" for text in texts)
    (OUT / "clip-ids.jsonl.gz").write_bytes(gzip.compress(body.encode("ascii"), 9, mtime=0))
    provenance = {
        "script": "tools/goldens/texts.py",
        "seed": SEED,
        "rows": len(texts),
        "python": sys.version.split()[0],
        "unicodedata": unicodedata.unidata_version,
        "ftfy": ftfy.__version__,
        "regex": regex.__version__,
        "tokenizer": "clip-anytorch, clip/simple_tokenizer.py (the same bytes as openai/CLIP)",
        "row": "[text, ids of clip.tokenize(truncate=True) without padding, tokens of the whole text with start and end]",
    }
    (OUT / "provenance.json").write_text(json.dumps(provenance, indent=2) + "\n")


main()
