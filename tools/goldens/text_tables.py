"""Writes src/text/data/*.ts: the tables that the text room needs, taken from the original's own parts.

Run from the repository root: /work/venv/bin/python tools/goldens/text_tables.py
Sources: open_clip_torch 3.3.0 (MIT) for the merges, Python's html.entities for the HTML 5 names,
ftfy 6.3.1 (Apache-2.0) for character classes, Python 3.11 (Unicode 14) and regex for Unicode classes.
"""

import gzip
import html.entities
import importlib.util
import pathlib
import re
import unicodedata

import ftfy
import ftfy.bad_codecs  # noqa: F401  (registers the sloppy codecs)
import regex
from ftfy.badness import MOJIBAKE_CATEGORIES
from ftfy.chardata import CHARMAP_ENCODINGS, UTF8_CLUES

OUT = pathlib.Path("src/text/data")
# Printable ASCII without quotes, backslash, backtick, dollar, angle brackets and the like: safe in a TS string.
DIGITS85 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#%&()*+,-./:;=?@[]^_{}|"[:85]
EVERY = range(0x110000)
MERGES_LICENSE = """MIT License

Copyright (c) 2021 OpenAI

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE."""


def module(name: str, head: str, exports: dict[str, tuple[str, str]]) -> None:
    lines = [f"// {line}".rstrip() for line in head.strip().split("\n")]
    for constant, (doc, value) in exports.items():
        lines += ["", f"/** {doc} */", f"export const {constant} ="]
        lines += [f'  "{value}";'] if not value.startswith("{") else [value + ";"]
    (OUT / f"{name}.ts").write_text("\n".join(lines) + "\n", encoding="utf-8")


def escaped(text: str) -> str:
    out = []
    for ch in text:
        cp = ord(ch)
        if ch in '"\\':
            out.append("\\" + ch)
        elif 0x20 <= cp < 0x7F:
            out.append(ch)
        else:
            out.append(f"\\u{cp:04x}")
    return "".join(out)


def base36(n: int) -> str:
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    out = ""
    while True:
        n, r = divmod(n, 36)
        out = digits[r] + out
        if n == 0:
            return out


def ranges(members) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    for cp in members:
        if out and out[-1][1] == cp - 1:
            out[-1] = (out[-1][0], cp)
        else:
            out.append((cp, cp))
    return out


def packed(members) -> str:
    """Ranges as 'gap' or 'gap.length-1' in base 36, gaps counted from the end of the range before."""
    words, last = [], 0
    for first, end in ranges(members):
        words.append(base36(first - last) + (f".{base36(end - first)}" if end > first else ""))
        last = end
    return " ".join(words)


def merges() -> None:
    path = pathlib.Path(importlib.util.find_spec("open_clip").origin).with_name("bpe_simple_vocab_16e6.txt.gz")
    lines = gzip.open(path).read().decode("utf-8").split("\n")[1 : 49152 - 256 - 2 + 1]
    chars = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    names = [chr(b) for b in chars] + [chr(256 + n) for n in range(256 - len(chars))]
    ids = {name: i for i, name in enumerate(names + [n + "</w>" for n in names])}
    out = []
    for line in lines:
        left, right = line.split()
        assert left + right not in ids
        value = ids[left] * 65536 + ids[right]
        digits = ""
        for _ in range(5):
            value, r = divmod(value, 85)
            digits = DIGITS85[r] + digits
        out.append(digits)
        ids[left + right] = len(ids)
    module(
        "merges",
        "The byte-pair merges of CLIP's vocabulary, carried from bpe_simple_vocab_16e6.txt.gz, (c) 2021 OpenAI, MIT licence,\n"
        "as shipped in open_clip_torch 3.3.0; re-encoded by tools/goldens/text_tables.py. Its licence:\n\n" + MERGES_LICENSE,
        {
            "MERGE_DIGITS": ("The 85 digits of MERGES, least first.", DIGITS85),
            "MERGES": (
                "48,894 merges in order, five base-85 digits each: left id × 65,536 + right id; merge r makes id 512 + r.",
                "".join(out),
            ),
        },
    )


def entities() -> None:
    table = html.entities.html5
    words = []
    for name in sorted({n.rstrip(";") for n in table}):
        value = ".".join(base36(ord(c)) for c in table[name + ";"])
        words.append(f"{name}{'!' if name in table else '='}{value}")
    module(
        "entities",
        "The named character references of HTML 5 (Python's html.entities.html5, from the WHATWG standard), written by\n"
        "tools/goldens/text_tables.py.",
        {
            "ENTITIES": (
                "`name=code.code` in base 36; `!` instead of `=` where the name also stands without its semicolon.",
                " ".join(words),
            )
        },
    )


def unicode_tables() -> None:
    pattern = regex.compile(r"[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+", regex.IGNORECASE)

    def kind(cp: int) -> str:
        c = chr(cp)
        if pattern.findall("a" + c) == ["a" + c]:
            return "letter"
        found = pattern.findall(c + c)
        return "skipped" if not found else "number" if found == [c, c] else "other"

    kinds = [kind(cp) for cp in EVERY]
    module(
        "unicode",
        "Classes of code points as the original's Python sees them, pinned so that results do not follow Node's Unicode version:\n"
        f"regex {regex.__version__} for the pattern, Python's unicodedata {unicodedata.unidata_version} for the rest.\n"
        "Written by tools/goldens/text_tables.py: ranges as base-36 gap (from the end of the range before) and `.length - 1`.",
        {
            "LETTERS": (r"What `\p{L}` matches in the original's pattern.", packed(c for c in EVERY if kinds[c] == "letter")),
            "NUMBERS": (r"What `\p{N}` matches there.", packed(c for c in EVERY if kinds[c] == "number")),
            "SKIPPED": (
                r"What no branch of the pattern matches: white space, and U+0345, which folds to the letter iota.",
                packed(c for c in EVERY if kinds[c] == "skipped"),
            ),
            "SPACES": (r"What `\s` matches in `regex`.", packed(c for c in EVERY if regex.match(r"\s", chr(c)))),
            "BLANKS": (
                r"What str.isspace() and `\s` of Python's own `re` accept: those and U+001C..U+001F.",
                packed(c for c in EVERY if chr(c).isspace()),
            ),
            "WORDS": (r"What `\w` matches in Python's own `re`.", packed(c for c in EVERY if re.match(r"\w", chr(c)))),
            "DECIMALS": (r"What `\d` matches there.", packed(c for c in EVERY if re.match(r"\d", chr(c)))),
            "UNASSIGNED": (
                "Code points without a character in that Unicode version: no case, no composition.",
                packed(c for c in EVERY if unicodedata.category(chr(c)) == "Cn"),
            ),
        },
    )


def members(char_class: str) -> list[int]:
    # VERBOSE is how ftfy compiles its classes; inside brackets it changes nothing.
    matcher = re.compile(f"[{char_class}]", re.VERBOSE)
    return [c for c in EVERY if matcher.match(chr(c))]


def mojibake() -> None:
    head = (
        f"Character classes and code pages carried from ftfy {ftfy.__version__} (c) Robyn Speer, Apache-2.0\n"
        "(MOJIBAKE_CATEGORIES, UTF8_CLUES, CHARMAP_ENCODINGS); written by tools/goldens/text_tables.py."
    )

    def camel(name: str) -> str:
        first, *rest = name.split("_")
        return first + "".join(word.title() for word in rest)

    def table(rows) -> str:
        return "{\n" + "".join(f'  {key}: "{value}",\n' for key, value in rows) + "}"

    def class_of(text: str) -> str:
        return "".join(
            f"\\\\u{a:04x}" if a == b else f"\\\\u{a:04x}-\\\\u{b:04x}" for a, b in ranges(members(text))
        )

    pages = []
    for name in CHARMAP_ENCODINGS:
        upper = bytes(range(0x80, 0x100)).decode(name)
        assert len(set(upper)) == 128
        pages.append((camel(name.replace("sloppy-", "").replace("-", "_")), escaped(upper)))
    module(
        "mojibake",
        head,
        {
            "BADNESS": (
                "Classes (bodies of regular-expression brackets) of characters that occur in mojibake.",
                table((camel(k), class_of(v)) for k, v in MOJIBAKE_CATEGORIES.items()),
            ),
            "UTF8_CLUES": (
                "Classes of characters that bytes of UTF-8 turn into when they are read in a one-byte code page.",
                table((camel(k), class_of(v)) for k, v in UTF8_CLUES.items()),
            ),
            "CODE_PAGES": (
                "Bytes 0x80..0xff of each code page, in the order in which they are tried; unassigned bytes as in Latin-1.",
                table(pages),
            ),
        },
    )


merges()
entities()
unicode_tables()
mojibake()
