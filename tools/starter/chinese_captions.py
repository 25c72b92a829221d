"""English captions in Chinese, by a small grammar and the words of caption_words.txt: who (what they wear, have, are like), does what, where.

Chinese puts what describes a thing before it and where something happens before what happens; the same words may be said in several ways,
one of which is drawn. A caption with a word or a turn that the grammar does not know is left out, so that nothing half said is taught.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

WORDS_FILE = Path(__file__).resolve().parent / "caption_words.txt"
MOST_WORDS = 6  # of one entry
IRREGULAR_PLURALS = {"man": "men", "woman": "women", "child": "children", "foot": "feet", "tooth": "teeth", "leaf": "leaves", "knife": "knives", "wolf": "wolves", "goose": "geese", "calf": "calves", "shelf": "shelves", "scarf": "scarves", "mouse": "mice", "fireman": "firemen", "policeman": "policemen", "businessman": "businessmen", "gentleman": "gentlemen", "fisherman": "fishermen", "cameraman": "cameramen"}
DOUBLED = "run jog swim sit stop hit hug pet dig get put cut set shop spin step skip hop wag grab clap bat tug flip trip chop wrap drag nap tan grin knit grip slip strap trot pat sled".split()
LAST_INFLECTED = ("rock climb", "ice skate", "mountain climb", "hula hoop", "sky dive", "boogie board", "wind surf", "water ski", "break dance", "belly dance", "roller skate", "para sail")  # verbs of two words whose second one is inflected
INSTRUMENTS = ("violin", "accordion", "piano", "trumpet", "saxophone", "flute", "horn", "instrument", "musical instrument", "drum", "drums", "guitar", "electric guitar", "music", "song", "cello", "bagpipes", "harmonica", "banjo", "tuba", "clarinet")
MOUTHS = ("in its mouth", "in his mouth", "in their mouths", "in her mouth", "in it 's mouth", "in their mouth", "in mouth", "in its teeth", "in the mouth")
PAST = {"run": "ran", "sit": "sat", "stand": "stood", "hold": "held", "ride": "rode", "swim": "swam", "fly": "flew", "catch": "caught", "throw": "threw", "wear": "wore", "eat": "ate", "build": "built", "lie": "lay", "go": "went", "take": "took", "fall": "fell"}
NUMBERS = {"two": "两", "three": "三", "four": "四", "five": "五", "six": "六", "seven": "七", "eight": "八", "nine": "九", "ten": "十", "several": "几", "2": "两", "3": "三", "4": "四", "5": "五", "a few": "几", "few": "几", "a couple of": "两", "couple of": "两", "multiple": "几", "both": "两", "a pair of": "两", "a dozen": "十几"}
AMOUNTS = {"some": "一些", "many": "许多/很多", "a lot of": "许多", "lots of": "许多", "a bunch of": "一群/一堆", "a number of": "一些", "all": "所有", "most": "大多数", "various": "各种", "group of": "一群", "a group of": "一群", "a large group of": "一大群", "large group of": "一大群", "a small group of": "一小群", "small group of": "一小群", "the group of": "一群", "groups of": "几群", "a crowd of": "一群", "crowd of": "一群", "a large crowd of": "一大群", "a team of": "一队", "a pack of": "一群", "a herd of": "一群", "a flock of": "一群", "a line of": "一排", "a row of": "一排", "a pile of": "一堆", "pile of": "一堆", "a bunch of": "一堆", "a set of": "一套", "a cup of": "一杯", "a glass of": "一杯", "a bottle of": "一瓶", "a can of": "一罐", "a bag of": "一袋", "a bowl of": "一碗", "a plate of": "一盘", "a piece of": "一块", "piece of": "一块", "pieces of": "几块", "a slice of": "一片", "a box of": "一盒", "a bucket of": "一桶", "a type of": "一种", "a kind of": "一种", "some sort of": "某种", "a class of": "一班", "more": "更多", "any": "", "no": "没有", "other": "其他"}
ONE = ("a", "an", "one", "1", "another", "a single", "each", "every")
THE = ("the", "this", "that", "these", "those")
OWNERS = {"his": "他的", "her": "她的", "its": "它的", "it 's": "它的", "their": "他们的", "my": "我的", "your": "你的"}
HAPPENING = ("is", "are", "was", "were", "be", "being", "has", "have", "been", "that", "which", "who", "'s")
SMALL_CLOTHES = ("headwear",)
ON_BACK = ("背包",)
AFTER_VERB = ("进", "到", "过")
MOTION = ("jump", "leap", "fly", "hop", "step", "climb", "run", "soar", "walk", "dive", "flip")


class Unknown(Exception):
    """A word or a turn that the grammar does not know."""


@dataclass(frozen=True)
class Entry:
    kind: str
    english: str
    chinese: tuple[str, ...]
    unit: str = ""
    thing: str = ""


@dataclass(frozen=True)
class Form:
    entry: Entry
    form: str  # "" as it stands, "s", "ing", "ed"


def inflections(entry: Entry) -> Iterator[tuple[str, str]]:
    """How an entry's English stands in a text: (text, form)."""
    yield entry.english, ""
    first, _, rest = entry.english.partition(" ")
    before = ""
    if entry.kind == "V":
        if entry.english in LAST_INFLECTED:
            before, first, rest = f"{first} ", rest, ""
        stem = first[:-1] if first.endswith("e") and not first.endswith(("ee", "oe")) else first
        if first in DOUBLED:
            stem = first + first[-1]
        endings = [
            (first[:-1] + "ies" if re.search("[^aeiou]y$", first) else first + ("es" if re.search("(s|sh|ch|x|z|o)$", first) else "s"), "s"),
            (first[:-2] + "ying" if first.endswith("ie") else stem + "ing", "ing"),
            (PAST.get(first) or (first[:-1] + "ied" if re.search("[^aeiou]y$", first) else stem + "ed"), "ed"),
        ]
        for said, form in endings:
            yield f"{before}{said} {rest}".strip(), form
    elif entry.kind == "N":
        before, _, last = entry.english.rpartition(" ")
        plural = IRREGULAR_PLURALS.get(last)
        if plural is None:
            plural = last[:-1] + "ies" if re.search("[^aeiou]y$", last) else last + ("es" if re.search("(s|sh|ch|x|z)$", last) else "s")
        yield f"{before} {plural}".strip(), "s"


def read_words(path: Path = WORDS_FILE) -> dict[str, list[Form]]:
    """English as it stands in a text → what it may be."""
    found: dict[str, list[Form]] = {}
    kind, unit, thing = "", "", ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#") or not line.strip():
            continue
        if line.startswith("["):
            kind, unit, thing = (*line.strip("[]").split(), "", "")[:3]
            continue
        for entry in line.split(", "):
            english, _, chinese = entry.strip().partition("=")
            chinese, _, own = chinese.partition(":")
            made = Entry(kind, english, tuple(chinese.split("/")), own or unit, thing)
            for said, form in inflections(made):
                found.setdefault(said, []).append(Form(made, form))
    return found


@dataclass
class Thing:
    """A noun phrase."""

    head: Entry
    text: str
    many: bool


@dataclass
class Doing:
    """A verb phrase: what stands before the verb, the verb with its object, what follows."""

    before: list[str] = field(default_factory=list)
    verb: str = ""
    after: list[str] = field(default_factory=list)

    def text(self) -> str:
        return "".join(self.before) + self.verb + "".join(self.after)


class Translator:
    """English → Chinese; `fallback` says a noun that the file does not have, or None."""

    def __init__(self, words: dict[str, list[Form]], rng: random.Random, fallback: Callable[[str], str | None] = lambda word: None) -> None:
        self.words, self.rng, self.fallback = words, rng, fallback

    def translate(self, english: str) -> str | None:
        self.tokens = re.findall(r"[a-z0-9]+(?:[-.][a-z0-9]+)*|'s?|,", english.lower().replace("’", "'").replace('"', " "))
        self.tokens = [token for token in self.tokens if token != "'"]
        while self.tokens and self.tokens[-1] == ",":
            self.tokens.pop()
        try:
            text, at = self.clause(0, top=True)
            self.failed = "end"
            if at != len(self.tokens) or not text:
                return None
        except (Unknown, RecursionError) as error:
            self.failed = str(error)
            return None
        text = re.sub("(正在|在)在", "在", text)
        text = re.sub("的的", "的", text)
        return text + self.rng.choice(["", "", "。"])

    # Reading.

    def at(self, place: int) -> str:
        return self.tokens[place] if place < len(self.tokens) else ""

    def find(self, place: int, kinds: str) -> tuple[Form, int] | None:
        """The longest entry of these kinds that stands here, and where it ends."""
        for end in range(min(len(self.tokens), place + MOST_WORDS), place, -1):
            for form in self.words.get(" ".join(self.tokens[place:end]), []):
                if form.entry.kind in kinds:
                    return form, end
        return None

    def listed(self, place: int, texts: object) -> tuple[str, int] | None:
        for end in range(min(len(self.tokens), place + 4), place, -1):
            said = " ".join(self.tokens[place:end])
            if said in texts:  # type: ignore[operator]
                return said, end
        return None

    def say(self, entry: Entry) -> str:
        return self.rng.choice(entry.chinese)

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    # Things.

    def begins_thing(self, place: int) -> bool:
        if self.listed(place, ONE) or self.listed(place, THE) or self.listed(place, OWNERS) or self.listed(place, NUMBERS) or self.listed(place, AMOUNTS):
            return True
        if self.find(place, "A") and not self.find(place, "N") and not self.noun_follows(place):
            return False
        found = self.find(place, "NAVRPX")
        return found is not None and (found[0].entry.kind in "NA" or self.find(place, "NA") is not None and found[0].entry.kind not in "PXR")

    def finite(self, place: int) -> bool:
        """A verb that a subject stands before."""
        if self.at(place) in ("is", "are", "was", "were", "has", "have"):
            return True
        found = self.find(place, "V")
        return found is not None and found[0].form in ("s", "ed")

    def described(self, place: int) -> tuple[list[str], Entry, bool, int]:
        """Adjectives and nouns: the adjectives in Chinese, the head, whether there are many, where it ends; the nouns before the head go with it."""
        adjectives: list[str] = []
        last: Entry | None = None
        while True:
            if self.at(place) == "very" or (adjectives and self.at(place) in (",", "and") and self.find(place + 1, "A") and self.noun_follows(place + 1)):
                place += 1
                continue
            adjective, noun = self.find(place, "A"), self.find(place, "N")
            if adjective and (not noun or adjective[1] > noun[1] or (adjective[1] == noun[1] and self.noun_follows(adjective[1]))) and (self.noun_follows(adjective[1]) or not noun) and not (noun and (acting := self.find(adjective[1], "V")) and acting[0].form in ("s", "ing")):
                last, place = adjective[0].entry, adjective[1]
                adjectives.append(self.say(last))
                continue
            acting = self.find(place, "V")
            if not adjectives and acting and acting[0].form == "ing" and not noun and self.find(acting[1], "N") and acting[1] == place + 1:
                adjectives.append(self.say(acting[0].entry).removesuffix("着") + "的")
                place += 1
                continue
            break
        noun = self.find(place, "N")
        if noun is None:
            word = self.at(place)
            if re.fullmatch(r"\d+", word) and adjectives == []:
                raise Unknown(word)
            said = self.fallback(word) if word and self.find(place, "VPXR") is None and word not in HAPPENING and word not in (",", "and", "while", "as", "to") else None
            if said is not None:
                return adjectives, Entry("N", word, (said,), "个", "thing"), word.endswith("s"), place + 1
            if last is not None:
                adjectives.pop()
                return adjectives, Entry("N", last.english, tuple(one.removesuffix("的") + "的" for one in last.chinese), "个", "thing"), False, place
            raise Unknown(word)
        form, place = noun
        before = ""
        while form.form == "":
            following = self.find(place, "N")
            verb = self.find(place, "VPXR")
            if following is None or (verb is not None and (verb[0].form in ("s", "ing", "ed") or verb[0].entry.kind in "PXR" or form.entry.thing in ("person", "animal"))):
                break
            if form.entry.thing == "worn" and following[0].entry.thing in ("person", "animal"):
                break
            before += form.entry.chinese[0].removesuffix("衣服")
            form, place = following
        entry = form.entry
        if before:
            entry = Entry("N", entry.english, tuple(before + one for one in entry.chinese), entry.unit, entry.thing)
        return adjectives, entry, form.form == "s", place

    def noun_follows(self, place: int) -> bool:
        for _ in range(4):
            if self.find(place, "N") is not None:
                return True
            adjective = self.find(place, "A")
            if adjective is None:
                if self.at(place) in (",", "and"):
                    place += 1
                    continue
                return bool(self.at(place)) and self.find(place, "VPXR") is None and self.at(place) not in HAPPENING and self.fallback(self.at(place)) is not None
            place = adjective[1]
        return False

    def adjective_text(self, adjectives: list[str]) -> str:
        said = [one.removesuffix("的") if one.endswith("色的") and self.chance(0.55) else one for one in adjectives]
        return "".join(said)

    def thing(self, place: int, role: str) -> tuple[Thing, int]:
        """`role`: who (a subject), what (an object), where (a place), worn."""
        count, many, lead = "", False, ""
        found = self.listed(place, AMOUNTS) or self.listed(place, NUMBERS)
        if found is None:
            found = self.listed(place, ONE)
            if found is not None:
                count, place = ("另一" if found[0] == "another" else "一"), found[1]
            else:
                owner = self.listed(place, OWNERS)
                determiner = self.listed(place, THE)
                if owner is not None:
                    lead, place = ("" if self.chance(0.5) else OWNERS[owner[0]]), owner[1]
                    found = self.listed(place, NUMBERS)
                elif determiner is not None:
                    place = determiner[1]
                    found = self.listed(place, NUMBERS)
                    if found is None and role == "who":
                        count = self.rng.choice(["一", "", "", "这", "那"])
        unit_needed = True
        if found is not None and not count:
            if found[0] in AMOUNTS:
                count, unit_needed = self.rng.choice(AMOUNTS[found[0]].split("/")), False
            else:
                count = NUMBERS[found[0]]
            many, place = True, found[1]
            if self.at(place) == "of":
                place += 1
                inner = self.listed(place, THE)
                place = inner[1] if inner else place
        adjectives, head, plural, place = self.described(place)
        if count == "一" and head.thing == "person" and head.english in ("couple", "crowd", "team", "family", "band", "audience", "group", "class", "choir"):
            many = True
        if many or plural:
            unit = head.unit
        else:
            unit = head.unit
        if head.unit == "个" and head.thing == "person" and self.chance(0.4):
            unit = "名"
        name = self.say(head)
        if name == "人们" and count:
            name = "人"
        if unit == "只" and name.endswith("狗") and self.chance(0.15):
            unit = "条"
        # What is said of it afterwards.
        attributes: list[str] = []
        described_more = role != "worn"
        while described_more:
            described_more = False
            word = self.at(place)
            if word == "of" and self.begins_thing(place + 1):
                whole, place = self.thing(place + 1, "of")
                attributes.append(f"{whole.text}的")
                described_more = True
            elif word == "'s" and self.find(place + 1, "NA"):
                adjectives_of, owned, owned_many, place = self.described(place + 1)
                name = f"{name}的{self.adjective_text(adjectives_of)}{self.say(owned)}"
                many, described_more = many or owned_many, True
                head = Entry("N", head.english, (name,), head.unit, owned.thing)
            elif word in ("in", "wearing", "wears") and role != "where" and (worn := self.clothes(place + 1)) is not None:
                if word == "wears" and role == "who":
                    break
                attributes.append(f"{worn[0]}的")
                place, described_more = worn[1], True
            elif self.tokens[place : place + 2] in (["dressed", "in"], ["clad", "in"]) and (worn := self.clothes(place + 2)) is not None:
                attributes.append(f"{worn[0]}的")
                place, described_more = worn[1], True
            elif word == "with" and self.begins_thing(place + 1) and self.find(place, "X") is None:
                having, end = self.thing(place + 1, "what")
                mouth = self.listed(end, MOUTHS)
                if mouth is not None and head.thing in ("person", "animal"):
                    attributes.append(f"{self.rng.choice(['嘴里叼着', '叼着', '嘴里含着', '嘴里叼着'])}{having.text}的")
                    place, described_more = mouth[1], True
                    continue
                if self.listed(place + 1, OWNERS) and head.thing not in ("person", "animal"):
                    break
                if having.head.thing == "body" or head.thing in ("place", "thing", "worn", "headwear"):
                    attributes.append(f"{self.rng.choice(['有', '有', '长着'] if having.head.thing == 'body' else ['有', '带'])}{having.text}的")
                elif having.head.thing == "headwear" or having.head.thing == "worn":
                    attributes.append(f"{self.wearing(having.head)}{having.text}的")
                else:
                    break
                place, described_more = end, True
            elif role == "where" and head.thing in ("thing", "place") and (near := self.find(place, "PX")) is not None and self.chance(0.7):
                where = self.where(place)
                if where is None or not where[0].startswith("在"):
                    break
                attributes.append(f"{where[0][1:]}的")
                place, described_more = where[1], True
            elif role in ("what", "where") and head.thing in ("person", "animal") and (doing := self.find(place, "V")) is not None and doing[0].form == "ing":
                action, place = self.doing(place)
                attributes.append(f"{action.text()}的")
        if role == "of" or role == "where":
            count = "" if count == "一" else count
        elif role == "what" and count == "一" and self.chance(0.5):
            count = ""
        quantity = f"{count}{unit}" if count and unit_needed else count
        if role == "who" and not count and (many or plural) and head.thing == "person" and name[-1] not in "们群队" and self.chance(0.3):
            name += "们"
        text = f"{lead}{quantity}{''.join(attributes)}{self.adjective_text(adjectives)}{name}"
        made = Thing(head, text, many or plural)
        # And another.
        if self.at(place) == "and" and self.begins_thing(place + 1) and not (role != "who" and self.find(place + 1, "V") and not self.find(place + 1, "N")):
            try:
                other, end = self.thing(place + 1, role)
            except Unknown:
                return made, place
            if role == "who" or not self.finite(end) and not (self.find(end, "V") and self.find(end, "V")[0].form == "ing"):
                made = Thing(head, f"{text}{self.rng.choice(['和', '和', '与'])}{other.text}", True)
                place = end
        return made, place

    def wearing(self, garment: Entry) -> str:
        if garment.chinese[0].endswith(ON_BACK):
            return "背着"
        if garment.thing == "headwear":
            return self.rng.choice(["戴着", "戴着", "戴"])
        return self.rng.choice(["穿着", "穿着", "穿", "身穿", "身着"])

    def clothes(self, place: int) -> tuple[str, int] | None:
        """A list of clothes with the verbs that go with them, and where it ends; None where no clothes stand here."""
        parts: list[str] = []
        kind = ""
        while True:
            if not self.begins_thing(place):
                break
            try:
                garment, end = self.one_garment(place)
            except Unknown:
                break
            if garment.head.thing not in ("worn", "headwear"):
                break
            if garment.head.thing == kind and not garment.head.chinese[0].endswith(ON_BACK):
                parts.append(f"{self.rng.choice(['和', '、', '和'])}{garment.text}")
            else:
                parts.append(f"{self.rng.choice(['、', '并', '']) if parts else ''}{self.wearing(garment.head)}{garment.text}")
            kind, place = garment.head.thing, end
            following = place
            while self.at(following) in (",", "and", "with", "&"):
                following += 1
            if following == place or not self.garment_stands(following):
                break
            place = following
        return ("".join(parts), place) if parts else None

    def garment_stands(self, place: int) -> bool:
        try:
            garment, end = self.one_garment(place)
        except Unknown:
            return False
        return garment.head.thing in ("worn", "headwear") and self.at(end) != "'s"

    def one_garment(self, place: int) -> tuple[Thing, int]:
        for texts in (ONE, THE, OWNERS, NUMBERS, ("a pair of", "some", "matching")):
            found = self.listed(place, texts)
            if found is not None:
                place = found[1]
        adjectives, head, many, place = self.described(place)
        quantity = f"一{head.unit}" if self.chance(0.25) and head.unit else ""
        return Thing(head, f"{quantity}{self.adjective_text(adjectives)}{self.say(head)}", many), place

    # Where, how, with whom.

    def where(self, place: int, verb: str = "") -> tuple[str, int] | None:
        """A phrase of place or manner, and where it ends."""
        found = self.find(place, "PX")
        if found is None:
            return None
        form, end = found
        if form.entry.kind == "X":
            return self.say(form.entry), end
        if not self.begins_thing(end):
            if self.at(end) and self.fallback(self.at(end)) is None:
                return None
        try:
            thing, after = self.thing(end, "where")
        except Unknown:
            return None
        english = form.entry.english
        if english == "with":
            mouth = self.listed(after, MOUTHS)
            if mouth is not None:
                return f"{self.rng.choice(['嘴里叼着', '叼着'])}{thing.text}", mouth[1]
            if thing.head.thing in ("person", "animal"):
                return f"{self.rng.choice(['和', '与', '跟'])}{thing.text}{self.rng.choice(['一起', '一起', ''])}", after
            if thing.head.thing in ("worn", "headwear"):
                return f"{self.wearing(thing.head)}{thing.text}", after
            return f"{self.rng.choice(['带着', '拿着', '用'] if thing.head.thing == 'thing' else ['有', '用'])}{thing.text}", after
        pattern = self.say(form.entry)
        if english == "over":
            pattern = "越过…" if verb in MOTION else "在…上方"
        if english in ("in", "on") and thing.head.english in ("red", "blue", "black", "white", "green", "yellow"):
            return f"{self.wearing(thing.head)}{thing.text}", after
        return (pattern.replace("…", thing.text) if "…" in pattern else pattern + thing.text), after

    # Doing.

    def doing(self, place: int) -> tuple[Doing, int]:
        made = Doing()
        while self.at(place) in HAPPENING:
            place += 1
        ways: list[str] = []
        while (found := self.find(place, "R")) is not None and self.find(place, "V") is None:
            ways.append(self.say(found[0].entry))
            place = found[1]
        verb = self.find(place, "V")
        base = ""
        if verb is None or (self.tokens[place - 1 : place] and self.at(place - 1) in ("is", "are") and (near := self.find(place, "PX")) is not None and near[1] >= verb[1]):
            where = self.where(place)
            if where is None:
                adjective = self.find(place, "A")
                if adjective is not None and not self.noun_follows(adjective[1]):
                    made.verb, place = "是" + self.say(adjective[0].entry), adjective[1]
                elif self.begins_thing(place) and self.at(place - 1) in ("is", "are", "has", "have"):
                    owned = self.at(place - 1) in ("has", "have")
                    thing, place = self.thing(place, "what")
                    made.verb = ("有" if owned else "是") + thing.text
                else:
                    raise Unknown(self.at(place))
            else:
                made.verb, place = where
        else:
            form, place = verb
            base = form.entry.english.partition(" ")[0]
            said = self.say(form.entry)
            if base in ("wear",) or form.entry.english == "be dressed" or (base == "dress" and self.at(place) == "in"):
                worn = self.clothes(place + (self.at(place) == "in"))
                if worn is None:
                    raise Unknown(self.at(place))
                made.verb, place = worn
            else:
                made.verb, place = self.object(form.entry, said, place)
        # Where and how.
        while True:
            if self.at(place) == "to" and (following := self.find(place + 1, "V")) is not None and following[0].form == "":
                goal, place = self.doing(place + 1)
                made.after.append(self.rng.choice(["去", "来", ""]) + goal.text())
                continue
            adverb = self.find(place, "R")
            where = self.find(place, "PX")
            if where is not None and (adverb is None or where[1] >= adverb[1]):
                said_where = self.where(place, base)
                if said_where is not None:
                    if said_where[0].startswith(AFTER_VERB):
                        made.after.append(said_where[0])
                    else:
                        made.before.insert(0, said_where[0])
                    place = said_where[1]
                    continue
            if adverb is not None:
                said = self.say(adverb[0].entry)
                if said.endswith(("来", "去", "下", "向上")):
                    made.after.append(said)
                else:
                    made.before.append(said)
                place = adverb[1]
                continue
            break
        made.before = ways + made.before
        if len(made.before) == 1 and made.before[0].startswith("在") and made.before[0][-1] in "上里中旁下边面" and not made.after and made.verb in ("坐", "坐着", "站", "站着", "躺", "躺着", "跪", "蹲", "站立") and self.chance(0.6):
            made.verb, made.before = made.verb.removesuffix("着").removesuffix("立") + made.before[0], []
        return made, place

    def object(self, entry: Entry, said: str, place: int) -> tuple[str, int]:
        """The verb with its object."""
        if self.begins_thing(place) and not (self.find(place, "V") and self.find(place, "V")[0].form == "ing" and not self.find(place, "A")):
            thing, place = self.thing(place, "what")
            mouth = self.listed(place, MOUTHS)
            if mouth is not None and entry.english in ("hold", "carry", "have", "bite", "hold onto"):
                return f"{self.rng.choice(['嘴里叼着', '叼着', '嘴里叼着'])}{thing.text}", mouth[1]
            if entry.english == "play" and thing.head.english in INSTRUMENTS:
                return f"{self.rng.choice(['演奏', '吹奏' if thing.head.english in ('trumpet', 'saxophone', 'flute', 'horn') else '弹奏'])}{thing.text}", place
            if "…" in said:
                return said.replace("…", thing.text), place
            if said.endswith("在"):
                ends = {"on": "上", "in": "里", "at": "旁", "by": "旁边", "from": "上"}
                return said + thing.text + ends.get(entry.english.rpartition(" ")[2], ""), place
            return said + thing.text, place
        if "…" in said:
            raise Unknown(self.at(place))
        if said.endswith("在"):
            raise Unknown(self.at(place))
        return said, place

    # Sentences.

    def clause(self, place: int, top: bool = False) -> tuple[str, int]:
        before = ""
        if self.at(place) == "there" and self.at(place + 1) in ("is", "are"):
            place += 2
        elif top and (led := self.where(place)) is not None and not self.begins_thing(place):
            before, place = led
            if self.at(place) == ",":
                place += 1
        who, place = self.thing(place, "who")
        text = before + self.rng.choice(["", ","] if before else [""]) + who.text
        if self.at(place) == ",":
            if (worn := self.clothes(place + 2)) is not None and self.at(place + 1) in ("in", "wearing"):
                text, place = f"{text}{worn[0]}", worn[1]
                if self.at(place) == ",":
                    text, place = text + ",", place + 1
            elif self.find(place + 1, "V") is not None:
                place += 1
        if place < len(self.tokens) and self.at(place) not in ("and", "while", "as"):
            text, place = self.predicate(text, place)
        return self.going_on(text, place)

    def predicate(self, text: str, place: int) -> tuple[str, int]:
        doing, place = self.doing(place)
        said = doing.text()
        if said.startswith(("在", "穿", "戴", "身", "是", "有", "沿", "和", "与", "跟")):
            lead = self.rng.choice(["", "", "正"]) if said.startswith("在") and doing.before else ""
        else:
            lead = "" if "在" in doing.verb[:3] else self.rng.choice(["正在", "在", "", "正在"])
        return text + lead + said, place

    def going_on(self, text: str, place: int) -> tuple[str, int]:
        """What follows a clause: and, while, as, a comma."""
        while place < len(self.tokens):
            start, comma = place, False
            if self.at(place) == ",":
                comma, place = True, place + 1
            word = self.at(place)
            joined = self.rng.choice([",", ",", ""])
            if word in ("and", "while", "as", "but", "then", "who", "that", "which", "whilst"):
                place += 1
            elif not comma and not (self.find(place, "V") or word in ("is", "are")):
                raise Unknown(word)
            if (led := self.where(place)) is not None and word not in ("and", "while", "as") and self.find(place, "V") is None:
                text, place = f"{text},{led[0]}", led[1]
                continue
            verb = self.find(place, "V")
            if (verb is not None and (verb[0].form in ("s", "ing", "ed") or not self.begins_thing(place))) or self.at(place) in ("is", "are"):
                doing, place = self.doing(place)
                lead = {"and": ["并", ",", ",并", "并且"], "while": [",同时", ",一边", ","], "as": [","], "but": [",但"], "then": [",然后"]}.get(word, [",", joined])
                text += self.rng.choice(lead) + doing.text()
                continue
            other, place = self.clause(place)
            if word in ("while", "as", "whilst"):
                text = self.rng.choice([f"{text},{other}", f"{text},而{other}", f"当{other}时,{text}"])
            else:
                text += "," + other
            if place == start:
                raise Unknown(word)
        return text, place
