"""What templates write money, dates and texts with: everything follows the reader of the page being rendered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from gettext import NullTranslations
from typing import Any
from zlib import crc32

from markupsafe import Markup

from domain.contact import readable_phone
from domain.field_value import PLAIN
from locales import translate
from locales.change_words import ChangeWords
from locales.formats import Formats
from locales.labels import label, task_name
from ui.sla import ring

HUES = 8
WRITTEN = (
    "money", "sum", "number", "percent", "size", "day", "month", "time", "exact", "long_date", "span", "left", "ago",
)  # fmt: skip


@dataclass(frozen=True)
class Reader:
    """Whom a page is written for. `csrf` stands in each of its forms."""

    formats: Formats
    csrf: str = ""

    @property
    def translations(self) -> NullTranslations:
        return translate(self.formats.language)


_reader: ContextVar[Reader] = ContextVar("reader")


@contextmanager
def reading(reader: Reader) -> Iterator[None]:
    """Rendering is synchronous, so what is set here holds for exactly one page."""
    token = _reader.set(reader)
    try:
        yield
    finally:
        _reader.reset(token)


def gettext(message: str) -> str:
    return _reader.get().translations.gettext(message)


def words(message: str, /, **values: Any) -> Markup:
    """`_(...)` in a template; values are escaped. A page has hundreds of them: each is made ready once per language."""
    language = _reader.get().formats.language
    return _pattern(language, message) % values if values else _said(language, message)


@lru_cache(maxsize=8192)
def _pattern(language: str, message: str) -> Markup:
    return Markup(translate(language).gettext(message))  # noqa: S704 - our own words, translated


@lru_cache(maxsize=8192)
def _said(language: str, message: str) -> Markup:
    return _pattern(language, message) % {}


def ngettext(one: str, many: str, n: int) -> str:
    return _reader.get().translations.ngettext(one, many, n)


def pgettext(context: str, message: str) -> str:
    """For a word that another language says differently here and there."""
    return _reader.get().translations.pgettext(context, message)


def _written(name: str) -> Callable[..., str]:
    def write(*args: Any, **kwargs: Any) -> str:
        return str(getattr(_reader.get().formats, name)(*args, **kwargs))

    return write


def csrf_token() -> str:
    return _reader.get().csrf


def labels(group: str, keys: Iterable[str]) -> list[tuple[str, str]]:
    """Keys with what they are called, as a form's choices."""
    return [(key, label_text(group, key)) for key in keys]


def label_text(group: str, key: str) -> str:
    """What the reader calls a role, a status, a kind of task (locales.labels)."""
    return label(group, key, _reader.get().formats.language)


def change_lines(diff: dict[str, Any], currency: str) -> list[str]:
    """What differs between two versions of a contract (domain.contract_version.VersionDiff), in the reader's words."""
    return ChangeWords(_reader.get().formats.language, currency).lines(diff)


def task_text(task: Any) -> str:
    """What the reader calls a task (`locales.labels.task_name`)."""
    return task_name(task.kind, task.params, _reader.get().formats.language)


def now() -> datetime:
    return datetime.now(UTC)


def initials(name: str) -> str:
    """LW for Li Wei, 伟 for 李伟: in Chinese the given name tells people apart."""
    words = name.split()
    if not words:
        return "?"
    if words[0].isascii():
        return "".join(word[0] for word in words[:2]).upper()
    return words[0][-1]


def hue(key: str) -> int:
    """A colour number that stays with a name or an id."""
    return crc32(key.encode()) % HUES


TEMPLATE_FUNCTIONS: dict[str, Callable[..., Any]] = {
    # `day_text(...)` is the bare text; the macro `ui.day(...)` writes it with its markup.
    **{f"{name}_text": _written(name) for name in WRITTEN},
    "label_text": label_text,
    "phone_text": lambda number: readable_phone(number, PLAIN.country),
    "task_text": task_text,
    "labels": labels,
    "change_lines": change_lines,
    "csrf_token": csrf_token,
    "now": now,
    "initials": initials,
    "hue": hue,
    "ring": ring,
}
