"""What a mail looks like: the same letter as plain text and as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Link:
    words: str
    url: str


@dataclass(frozen=True)
class Entry:
    """One line of a list; at its end stands when it is due, in red where it is `late`, and what can be done at once."""

    link: Link
    under: str = ""
    end: str = ""
    late: bool = False
    act: Link | None = None


@dataclass(frozen=True)
class Part:
    heading: str
    entries: Sequence[Entry]
    more: str = ""


@dataclass(frozen=True)
class Letter:
    """`act` is the one thing to do, a button in HTML; `links` stand below it, `foot` says why it was sent."""

    language: str
    company: str
    heading: str
    text: str = ""
    act: Link | None = None
    parts: Sequence[Part] = ()
    links: Sequence[Link] = ()
    foot: Link | None = None

    def fill(self, message: EmailMessage) -> None:
        message.set_content(_template("mail.txt").render(letter=self))
        message.add_alternative(_template("mail.html").render(letter=self), subtype="html")


@cache
def _template(name: str) -> Template:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(name)
