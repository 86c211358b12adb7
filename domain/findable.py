"""What a name is found by: its characters, and its pinyin in full and by initials, in each reading it may have."""

from __future__ import annotations

from itertools import islice, product

READINGS = 8
"""Most characters have one reading; a name of several doubtful ones need not be found by every mixture."""


def findable(*names: str | None) -> str:
    """The lower-case text that a part of a name, of its pinyin or of its initials is looked for in.

    曾强 gives `曾强 zengqiang zq cengqiang cq`.
    """
    words = [word for name in names if name for word in (name.lower(), *_spelt(name))]
    return " ".join(dict.fromkeys(words))


def _spelt(name: str) -> list[str]:
    if name.isascii():
        return []
    from pypinyin import Style, pinyin  # only now: its dictionaries take a noticeable part of every start

    readings = islice(product(*pinyin(name, style=Style.NORMAL, heteronym=True)), READINGS)
    return [word.lower() for parts in readings for word in ("".join(parts), "".join(part[:1] for part in parts))]
