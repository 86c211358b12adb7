"""Conditions that a list of customers is narrowed by: a small tree of `all` and `any` over what is known of each.

`{"all": [{"fact": "tier", "op": "is", "values": ["A", "B"]}, {"any": [...]}]}`. A condition holds one fact against
values, given as text and read by the kind of the fact. What cannot be used is refused with the condition's place.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Literal, NamedTuple

from domain.customer_field import Readable
from domain.customer_pool import How, Tier
from domain.document import Label
from domain.field import SEVERAL, Field, FieldType, Option
from domain.field_value import PLAIN, Reading, parse
from domain.ids import is_id
from domain.refusal import Refused, invalid
from domain.text import is_storable

Op = Literal[
    "is", "not", "contains", "starts", "least", "most", "on", "before", "after", "last_days", "next_days", "filled",
    "empty",
]  # fmt: skip
Place = Literal["column", "custom", "assignment", "figure", "import"]
LONGEST, DEEPEST, MOST_CONDITIONS, MOST_VALUES, LONGEST_VALUE = 4_000, 4, 40, 50, 200
MOST_DAYS = 36_500
IMPORT = "import"
ME = "me"
"""In place of a person: whoever looks."""

_IS: tuple[Op, ...] = ("is", "not", "filled", "empty")
_NUMBER: tuple[Op, ...] = ("is", "least", "most", "filled", "empty")
_DAY: tuple[Op, ...] = ("on", "before", "after", "last_days", "next_days", "filled", "empty")
_TEXT: tuple[Op, ...] = ("contains", "starts", "is", "not", "filled", "empty")
OPS: dict[str, tuple[Op, ...]] = {
    "number": _NUMBER, "integer": _NUMBER, "money": _NUMBER, "percent": _NUMBER, "rating": _NUMBER,
    "date": _DAY, "datetime": _DAY, "yes_no": ("is",), "choice": _IS, "choices": _IS, "person": _IS, "people": _IS,
    "department": _IS, "customer": _IS, "text": _TEXT, "long_text": _TEXT, "phone": _TEXT, "email": _TEXT,
    "url": _TEXT, "address": _TEXT, "serial": _TEXT,
}  # fmt: skip
"""What may be asked of a kind of value; of others, nothing."""
WITHOUT_VALUE = frozenset({"filled", "empty"})
DAYS = frozenset({"last_days", "next_days"})


class Fact(NamedTuple):
    """`field` says its kind and what it may hold; those of the product's own lists are made up of the same."""

    field: Field
    place: Place

    @property
    def key(self) -> str:
        return self.field.key

    @property
    def ops(self) -> tuple[Op, ...]:
        return OPS.get(self.field.type, ())


def _fact(key: str, zh: str, en: str, kind: FieldType, place: Place, options: Sequence[str] = ()) -> Fact:
    offered = tuple(Option(value=one, label=Label(zh=one, en=one)) for one in options)
    return Fact(Field(key=key, label=Label(zh=zh, en=en), type=kind, options=offered), place)


TIERS: tuple[Tier, ...] = ("A", "B", "C", "D", "E")
HOWS: tuple[How, ...] = (
    "assigned",
    "claimed",
    "allocated",
    "imported",
    "lead",
    "rule",
    "returned",
    "recycled",
    "merged",
)
_OURS = (
    _fact("owner", "负责人", "Owner", "person", "assignment"),
    _fact("region", "战区", "Region", "department", "assignment"),
    _fact("tier", "等级", "Tier", "choice", "assignment", TIERS),
    _fact("due", "回收日期", "Goes back on", "datetime", "assignment"),
    _fact("followed", "最近跟进", "Last follow-up", "datetime", "assignment"),
    _fact("since", "归属自", "Owned since", "datetime", "assignment"),
    _fact("how", "归属来源", "How it came", "choice", "assignment", HOWS),
    _fact("created", "建立日期", "Customer since", "datetime", "column"),
    _fact("open_deals", "有进行中的商机", "Has open deals", "yes_no", "figure"),
    _fact("open_amount", "进行中的金额", "Open amount", "money", "figure"),
)  # fmt: skip


class Test(NamedTuple):
    """A condition that can be held against customers: `values` are typed as the fact's field keeps them, days of
    instants as `date`, numbers of days as int."""

    fact: Fact
    op: Op
    values: tuple[Any, ...]


class Group(NamedTuple):
    """`every`: all parts hold; else at least one does. Without parts it holds."""

    every: bool
    parts: tuple[Group | Test, ...]


EVERYBODY = Group(True, ())


def import_fact(called: Mapping[str, str]) -> Fact:
    """By which import a customer came, for somebody who sees imports: names of those that may be chosen by id."""
    options = tuple(Option(value=one, label=Label(zh=name, en=name)) for one, name in called.items())
    label = Label(zh="导入批次", en="Import")
    return Fact(Field(key=IMPORT, label=label, type="choice", builtin=True, options=options), "import")


def facts_of(readable: Readable) -> dict[str, Fact]:
    """What somebody may ask about, by key: never a field whose values they may not see in full."""
    open_fields = [field for field in readable.open if field.type in OPS]
    fields = [Fact(field, "column" if field.builtin else "custom") for field in open_fields]
    return {fact.key: fact for fact in (*fields, *_OURS)}


def read_filter(text: str, facts: Mapping[str, Fact], reading: Reading = PLAIN) -> Group:
    """Raises Refused (422) whose field is the place of the condition: `filter.all.1.any.0.values`."""
    if not text.strip():
        return EVERYBODY
    if len(text) > LONGEST:
        raise invalid("filter_too_large", "filter", most=LONGEST)
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        raise invalid("filter_unreadable", "filter") from None
    return filter_of(said, facts, reading)


def filter_of(said: Any, facts: Mapping[str, Fact], reading: Reading = PLAIN) -> Group:
    read = _read(said, facts, reading, "filter", 1)
    if sum(1 for _ in tests(read)) > MOST_CONDITIONS:
        raise invalid("filter_too_large", "filter", most=MOST_CONDITIONS)
    return read if isinstance(read, Group) else Group(True, (read,))


def tests(part: Group | Test) -> Iterator[Test]:
    if isinstance(part, Test):
        yield part
    else:
        for inner in part.parts:
            yield from tests(inner)


def _read(said: Any, facts: Mapping[str, Fact], reading: Reading, place: str, depth: int) -> Group | Test:
    if not isinstance(said, dict):
        raise invalid("filter_unreadable", place)
    keys = set(said)
    for form in ("all", "any"):
        if keys == {form}:
            if depth > DEEPEST:
                raise invalid("filter_deep", place, most=DEEPEST)
            parts = said[form]
            if not isinstance(parts, list) or len(parts) > MOST_CONDITIONS:
                raise invalid("filter_unreadable", f"{place}.{form}")
            read = (_read(one, facts, reading, f"{place}.{form}.{no}", depth + 1) for no, one in enumerate(parts))
            return Group(form == "all", tuple(read))
    if not {"fact", "op"} <= keys <= {"fact", "op", "values"}:
        raise invalid("filter_unreadable", place)
    return _test(said, facts, reading, place)


def _test(said: dict[str, Any], facts: Mapping[str, Fact], reading: Reading, place: str) -> Test:
    fact = facts.get(said["fact"]) if isinstance(said["fact"], str) else None
    if fact is None:
        raise invalid("filter_fact_unknown", f"{place}.fact")
    op = said["op"]
    if op not in fact.ops:
        raise invalid("filter_op_unknown", f"{place}.op")
    values = said.get("values", [])
    if not isinstance(values, list) or not all(isinstance(one, str) and one.strip() for one in values):
        raise invalid("filter_value", f"{place}.values")
    several = op in ("is", "not")
    if (op in WITHOUT_VALUE) != (not values) or len(values) > (MOST_VALUES if several else 1):
        raise invalid("filter_value", f"{place}.values")
    if any(len(one) > LONGEST_VALUE or not is_storable(one) for one in values):
        raise invalid("filter_value", f"{place}.values")
    try:
        return Test(fact, op, tuple(_value(fact, op, one, reading) for one in values))
    except Refused as refused:
        raise invalid(refused.code, f"{place}.values", **refused.params) from None


def _value(fact: Fact, op: Op, text: str, reading: Reading) -> Any:
    field = fact.field
    if op in DAYS:
        if not text.isascii() or not text.isdigit() or not 0 < int(text) <= MOST_DAYS:
            raise invalid("filter_days", field.key, most=MOST_DAYS)
        return int(text)
    if op in ("on", "before", "after"):
        day = parse(field.model_copy(update={"type": "date"}), text, reading)
        return date.fromisoformat(day) if day else None
    if field.type == "person" and text == ME:
        return ME
    if field.type in ("person", "people", "department", "customer") or fact.place == "import":
        if not is_id(text):
            raise invalid("filter_value", field.key)
        return text.lower()
    if op in ("contains", "starts") or OPS[field.type] is _TEXT or field.type in ("choice", "choices"):
        return text.strip()
    read = parse(field, text, reading)
    return read[0] if field.type in SEVERAL and read else read
