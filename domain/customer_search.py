"""What customers are found by among millions: parts of names, of their pinyin and initials, and of phone numbers.

What is looked through is written as words; each word is cut into grams, which an index finds: pairs of characters where
one of them is not Latin, triples of Latin ones, and what makes short words findable. A part of a word that is long
enough has grams of its own, all of which must be there; then the words themselves are compared.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice, product
from typing import NamedTuple
from zlib import crc32

READINGS = 4
"""Ways to read one name; a name of several doubtful characters need not be found by every mixture."""
SHORT = 12
"""Latin words no longer than this, initials among them, are found by any two letters in them; others by the first."""
MOST_WORDS = 6
KNOWN = 200_000
"""Parts whose number is kept at hand."""
PEOPLE = "|"
"""Stands between a customer's own words and those of its people: no word has it."""
_NOT_WORD = re.compile(r"[^\w\s]|_")
_LONGEST_PHRASE = 4
# Characters of names that are commonly read in more than one way; the rare readings of others only make noise.
_DOUBTFUL = frozenset("曾行长重乐单解仇朴盖区都朝厦茜薄查尉翟晟柏传调弹石种藏盛华任那缪车会")


class Word(NamedTuple):
    """One word that is looked for. A customer fits who has all grams of one of the `ways`, and in it `text`:
    among its words, or (`digits`) among its phone numbers. `exact`: the grams say it all."""

    text: str
    grams: tuple[tuple[int, ...], ...]
    digits: tuple[int, ...]
    exact: bool


def words_of(name: str, people: Iterable[str] = ()) -> str:
    """The text in which parts of a customer's name, and behind `PEOPLE` of its contacts', are looked for."""
    own = _with_spelling(name)
    others = {word: None for said in people for word in _with_spelling(said) if word not in own}
    return " ".join([*own, PEOPLE, *others] if others else own)


def _with_spelling(name: str) -> dict[str, None]:
    found: dict[str, None] = {}
    for word in _words(name):
        found[word] = None
        found.update(dict.fromkeys(_spelt(word)))
    return found


def digits_of(numbers: Iterable[str | None]) -> str:
    """Phone numbers, each as its digits."""
    return " ".join(dict.fromkeys(digits for number in numbers if (digits := _digits(number or ""))))


def grams_of(words: str, digits: str, regions: Iterable[str] = ()) -> list[int]:
    """What the index holds of both texts and of the regions that follow the customer, in a steady order."""
    found = [f"@{region}" for region in regions]
    for word in words.replace(PEOPLE, " ").split():
        if word.isascii():
            found += [word[at : at + 3] for at in range(len(word) - 2)]
            found += (f" {word[:1]}", f" {word[:2]}")
            if len(word) <= SHORT:
                found += [word[at : at + 2] for at in range(len(word) - 1)]
        elif len(word.encode()) == 3 * len(word):  # Chinese only, as most names are
            found += word
            found += [word[at : at + 2] for at in range(len(word) - 1)]
        else:
            found += _long_grams(word)
            found += [character for character in word if not character.isascii()]
    for number in digits.split():
        found += [f"#{number[at : at + 3]}" for at in range(len(number) - 2)]
    return sorted(set(map(_GRAMS.__getitem__, found)))


def region_gram(region_id: str) -> int:
    """Of a region's customers: no word has a sign in it."""
    return _gram(f"@{region_id}")


def sought(text: str, *, numbers: bool = True) -> tuple[Word, ...]:
    """The words of what somebody typed, each of which has to fit; more than `MOST_WORDS` say nothing new. Without
    `numbers` no phone number is asked."""
    words = tuple(_sought(word) for word in islice(dict.fromkeys(_words(text)), MOST_WORDS))
    return words if numbers else tuple(word._replace(digits=()) for word in words)


def _sought(word: str) -> Word:
    digits = tuple(_gram(f"#{word[at : at + 3]}") for at in range(len(word) - 2)) if _digits(word) == word else ()
    long = _long_grams(word)
    if long:
        return Word(word, (tuple(map(_gram, dict.fromkeys(long))),), digits, exact=False)
    if len(word) == 1:
        return Word(word, ((_gram(f" {word}" if word.isascii() else word),),), (), exact=True)
    return Word(word, ((_gram(word),), (_gram(f" {word}"),)), (), exact=True)


def _long_grams(word: str) -> list[str]:
    if word.isascii():
        return [word[at : at + 3] for at in range(len(word) - 2)]
    pairs = [pair for at in range(len(word) - 1) if not (pair := word[at : at + 2]).isascii()]
    return pairs + [triple for at in range(len(word) - 2) if (triple := word[at : at + 3]).isascii()]


class _Grams(dict[str, int]):
    """As PostgreSQL's integers. Two parts that share one are told apart by the words themselves."""

    def __missing__(self, part: str) -> int:
        if len(self) >= KNOWN:
            self.clear()
        number = crc32(part.encode())
        self[part] = number = number - 2**32 if number >= 2**31 else number
        return number


_GRAMS = _Grams()


def _gram(part: str) -> int:
    return _GRAMS[part]


def _words(text: str) -> list[str]:
    if text.isascii() and text.replace(" ", "").isalnum():
        return text.lower().split()
    return _NOT_WORD.sub("", unicodedata.normalize("NFKC", text).lower()).split()


def _digits(number: str) -> str:
    return "".join(character for character in number if character.isascii() and character.isdigit())


def _spelt(word: str) -> list[str]:
    """Pinyin in full and initials, in each reading; what is not Chinese stays in its place."""
    if word.isascii():
        return []
    parts = list(_syllables(word))
    if all(len(readings) == 1 for readings in parts):
        only = [readings[0] for readings in parts]
        return ["".join(only), "".join([reading[:1] for reading in only])]
    ways = islice(product(*parts), READINGS)
    return [spelt for way in ways for spelt in ("".join(way), "".join([reading[:1] for reading in way]))]


def _syllables(word: str) -> Iterator[tuple[str, ...]]:
    """The readings of each character: the one it has in a known phrase, else its own."""
    phrases = _phrases()
    at = 0
    while at < len(word):
        for length in range(min(_LONGEST_PHRASE, len(word) - at), 1, -1):
            if spelt := phrases.get(word[at : at + length]):
                yield from ((reading,) for reading in spelt)
                at += length
                break
        else:
            yield _readings(word[at])
            at += 1


@cache
def _phrases() -> dict[str, tuple[str, ...]]:
    """Only those that the readings of their characters alone would not tell."""
    from pypinyin.constants import PHRASES_DICT  # only now: it takes a noticeable part of every start

    told = {}
    for phrase, syllables in PHRASES_DICT.items():
        if len(phrase) <= _LONGEST_PHRASE:
            spelt = tuple(_plain(readings[0]) for readings in syllables)
            if spelt != tuple(_readings(character)[0] for character in phrase):
                told[phrase] = spelt
    return told


@cache
def _readings(character: str) -> tuple[str, ...]:
    from pypinyin.constants import PINYIN_DICT

    said = PINYIN_DICT.get(ord(character))
    if said is None:
        return (character,)
    found = tuple(dict.fromkeys(map(_plain, said.split(","))))
    return found[:3] if character in _DOUBTFUL else found[:1]


def _plain(syllable: str) -> str:
    """Without its tone; ü as people type it."""
    bare = syllable.replace("ü", "v").replace("ǖ", "v").replace("ǘ", "v").replace("ǚ", "v").replace("ǜ", "v")
    letters = unicodedata.normalize("NFD", bare)
    return "".join(letter for letter in letters if letter.isascii())
