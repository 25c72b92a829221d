"""Texts and their tokens by the `tokenizers` library, for test/starter/chinese.test.ts.

    python chinese_goldens.py > test/golden/starter-zh/tokens.json

Own texts, and the Chinese names of the label sets that ship.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tokenizers import Tokenizer

from chinese_pairs import HAN_RUN

OWN = """猫
貓
一只猫坐在飛機上
T恤
T恤衫和牛仔裤
CD机 3.5元
ＡＢＣ１２３
一張貓的照片。
“你好”，世界！
两只狗（黑色和白色）在草地上奔跑……
猫🐱狗
㐀𠀀龘
猫の写真
  前后有空格  
多行
文本
ａ　ｂ
50%的折扣
北京·上海
iPhone手机壳
髙级
""".split("\n")


def main() -> None:
    root = Path(__file__).resolve().parents[2]
    tokenizer = Tokenizer.from_file(str(root / "starter" / "tokenizer-zh.json"))
    sets = (root / "src" / "zeroshot" / "data").glob("*.ts")
    names = {name for source in sets for name in HAN_RUN.findall(source.read_text(encoding="utf-8"))}
    texts = [*(text for text in OWN if text), *sorted(names)]
    rows = [{"text": text, "ids": tokenizer.encode(text).ids} for text in texts]
    json.dump({"made": "tools/starter/chinese_goldens.py", "texts": rows}, sys.stdout, ensure_ascii=False, indent=1)
    print()


if __name__ == "__main__":
    main()
