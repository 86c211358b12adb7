"""Which customers a page looks at, as its address says it; and its filter with one condition more or less."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated, Any, ClassVar, NamedTuple

from pydantic import Field, StringConstraints

from db.customer_filter import Looking
from db.customer_order import Sort
from db.customer_sought import Sought
from domain.customer_filter import LONGEST, ME, Fact, Op, filter_of, read_filter, tests
from domain.field_value import YES, Reading
from domain.refusal import Refused, invalid
from locales import N_, translate
from locales.labels import label
from ui.address import Addressed
from ui.names import Names

NO_PLACE = {"after": "", "before": ""}
_PAIRS: tuple[tuple[Sort, Sort], ...] = (("oldest", "newest"), ("unfollowed", "followed"), ("tier", "tier_low"))
TURNED: dict[str, Sort] = {one: other for up, down in _PAIRS for one, other in ((up, down), (down, up))}
"""The same order from its other end."""
DOWN = frozenset(down for _, down in _PAIRS)


class Selection(Addressed):
    """`filter` as domain/customer_filter.py reads it; `columns` their keys with commas; `after` and `before` places
    that an earlier page gave."""

    at: ClassVar[str] = "/customers"

    text: Annotated[str, StringConstraints(max_length=100)] = ""
    filter: Annotated[str, StringConstraints(max_length=LONGEST)] = ""
    sort: Sort = "newest"
    columns: Annotated[str, StringConstraints(max_length=600)] = ""
    after: Annotated[str, StringConstraints(max_length=600)] = ""
    before: Annotated[str, StringConstraints(max_length=600)] = ""
    column: Annotated[list[str], Field(exclude=True, max_length=100)] = []
    """The same as `columns`, as a form with a box for each sends them."""

    def but(self, path: str = "", **other: Any) -> str:
        """The address with something else; it begins at its first page."""
        return self.address(path, **(NO_PLACE | self.kept | {"sort": self.kept.get("sort", "")} | other))

    @property
    def kept(self) -> dict[str, str]:
        """The address's parameters, for a form's hidden fields."""
        said = {"text": self.text, "filter": self.filter, "columns": self.columns}
        said["sort"] = "" if self.sort == "newest" else self.sort
        return {name: value for name, value in said.items() if value}

    def kept_without(self, name: str) -> dict[str, str]:
        return {key: value for key, value in self.kept.items() if key != name}

    def sought(self, looking: Looking, facts: dict[str, Fact], reading: Reading) -> Sought:
        """Raises Refused (422) naming the condition that cannot be used."""
        return Sought(looking, self.text, read_filter(self.filter, facts, reading), self.sort)

    def sorted_by(self, sort: Sort) -> dict[str, str]:
        """For a column of `ui.table`. A text comes with an order of its own."""
        if self.text.strip():
            return {}
        same = self.sort in (sort, TURNED.get(sort))
        to = TURNED.get(self.sort, sort) if same else sort
        direction = "desc" if self.sort in DOWN else "asc"
        return {"sort": self.but(sort="" if to == "newest" else to), "direction": direction if same else ""}


def said(text: str) -> dict[str, Any]:
    """A filter's outermost group, every part of it a condition or a group."""
    try:
        read = json.loads(text) if text.strip() else {"all": []}
        json.dumps(read, ensure_ascii=False).encode()  # no page can show half a character
    except (ValueError, RecursionError):
        raise invalid("filter_unreadable", "filter") from None
    if isinstance(read, dict) and list(read) == ["all"] and isinstance(read["all"], list):
        return read
    return {"all": [read]}


def with_condition(text: str, condition: dict[str, Any], beside: int | None, facts: dict[str, Fact]) -> str:
    """And it holds, too; `beside` a part: or that one does. Raises Refused (422) for one that cannot be used."""
    filter_of(condition, facts)
    parts = said(text)["all"]
    if beside is None or beside >= len(parts):
        parts.append(condition)
    elif isinstance(parts[beside], dict) and isinstance(parts[beside].get("any"), list):
        parts[beside]["any"].append(condition)
    else:
        parts[beside] = {"any": [parts[beside], condition]}
    return written(parts)


def without(text: str, path: list[int]) -> str:
    """Without the part at a path; a group of one is that one, an empty one is gone."""
    return written(_without(said(text)["all"], path))


def _without(parts: list[Any], path: list[int]) -> list[Any]:
    left = list(parts)
    if not path[1:]:
        del left[path[0]]
        return left
    ((form, inner),) = left[path[0]].items()
    inner = _without(inner, path[1:])
    left[path[0] : path[0] + 1] = [inner[0] if len(inner) == 1 else {form: inner}] if inner else []
    return left


def written(parts: list[Any]) -> str:
    return json.dumps({"all": parts}, ensure_ascii=False, separators=(",", ":")) if parts else ""


class Chip(NamedTuple):
    """A condition in words, where one is led without it, and the number of the part it may stand beside as an or;
    a group has `parts` of its own, joined by `word`."""

    words: str
    value: str = ""
    remove: str = ""
    beside: int | None = None
    parts: tuple[Chip, ...] = ()
    word: str = ""


def chips(asked: Selection, facts: Mapping[str, Fact], called: Names) -> tuple[Chip, ...]:
    """The parts of the filter; one that cannot be read is shown as it is, so that it can be taken away."""
    try:
        parts = said(asked.filter)["all"]
    except Refused:
        return (Chip(asked.filter[:60], remove=asked.but(filter="")),) if asked.filter else ()
    return tuple(_chip(part, [no], asked, facts, called) for no, part in enumerate(parts))


def _chip(part: Any, path: list[int], asked: Selection, facts: Mapping[str, Fact], called: Names) -> Chip:
    gettext = translate(called.language).gettext
    remove = asked.but(filter=without(asked.filter, path))
    beside = path[0] if len(path) == 1 else None
    for form, word in (("any", gettext("or")), ("all", gettext("and"))):
        if isinstance(part, dict) and isinstance(part.get(form), list):
            inner = (_chip(one, [*path, no], asked, facts, called) for no, one in enumerate(part[form]))
            joined = beside if form == "any" else None
            return Chip("", remove=remove, beside=joined, parts=tuple(inner), word=word)
    try:
        test = next(tests(filter_of(part, facts)))
    except (Refused, StopIteration):
        return Chip(json.dumps(part, ensure_ascii=False)[:60], remove=remove)
    label = test.fact.field.label
    name = label.called(called.language)
    values = ", ".join(value_words(test.fact, str(one), called) for one in part.get("values", []))
    return Chip(f"{name} {gettext(OP_WORDS[test.op])}", values, remove, beside)


OP_WORDS: dict[Op, str] = {
    "is": N_("is"), "not": N_("is not"), "contains": N_("contains"), "starts": N_("starts with"),
    "least": N_("at least"), "most": N_("at most"), "on": N_("on"), "before": N_("before"), "after": N_("after"),
    "last_days": N_("in the last days:"), "next_days": N_("in the next days:"), "filled": N_("is filled"),
    "empty": N_("is empty"),
}  # fmt: skip


def value_words(fact: Fact, value: str, called: Names) -> str:
    """A condition's value as its reader calls it."""
    gettext = translate(called.language).gettext
    if value == ME and fact.field.type in ("person", "people"):
        return gettext("Me")
    if fact.field.type in ("person", "people"):
        return called.person(value) or "?"
    if fact.field.type == "department":
        return called.unit(value) or "?"
    if fact.key == "how":
        return label("assignment_how", value, called.language)
    if (option := fact.field.option(value)) is not None:
        return option.label.called(called.language)
    if fact.field.type == "yes_no":
        return gettext("yes") if value.lower() in YES else gettext("no")
    return value


def values_in(text: str) -> list[str]:
    """Every value that a filter speaks of, whatever it is worth."""
    found: list[str] = []

    def look(part: Any) -> None:
        if isinstance(part, dict):
            for value in part.values():
                look(value)
        elif isinstance(part, list):
            for one in part:
                look(one)
        elif isinstance(part, str):
            found.append(part)

    with suppress(Refused):
        look(said(text))
    return found
