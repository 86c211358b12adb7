"""The fields a customer has: those of the product and those a company adds, how they are laid out, and who sees them.

Values are read and shown by `parse` and `shown` (domain/field_value.py). Whatever leaves the server goes through
`for_reader` first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self

from pydantic import Field as Limits
from pydantic import model_validator
from pydantic_core import InitErrorDetails

from domain.access import Actor, Role
from domain.document import Key, Label, PolicyDocument, Strict, duplicates, fault, refuse_faults
from domain.field import SEVERAL, Field, FieldType, Option
from domain.field_value import Reading, masked, parse, plain, shown
from domain.formula import Value, read_formula, reckon
from domain.refusal import invalid

__all__ = [
    "BUILT_IN", "CustomerFieldPolicy", "Field", "FieldType", "Option", "Readable", "Reading", "complete", "fields",
    "for_reader", "layout", "masked", "parse", "plain", "reckoned", "shown",
]  # fmt: skip


def _own(key: str, zh: str, en: str, kind: FieldType = "text", **more: bool) -> Field:
    required, unique = more.get("required", False), more.get("unique", False)
    return Field(key=key, label=Label(zh=zh, en=en), type=kind, builtin=True, required=required, unique=unique)


BUILT_IN: tuple[Field, ...] = (
    _own("name", "客户名称", "Name", required=True),
    _own("tax_number", "统一社会信用代码", "Credit code", unique=True),
    _own("phone", "电话", "Phone", "phone"),
    _own("email", "邮箱", "E-mail", "email"),
    _own("domain", "网站域名", "Web domain"),
    _own("industry", "行业", "Industry"),
    _own("province", "省份", "Province"),
    _own("city", "城市", "City"),
    _own("address", "地址", "Address", "address"),
    _own("source", "来源", "Source"),
    _own("tags", "标签", "Tags", "choices"),
)
"""The columns of `db.customer.Customer` that people fill in."""
KEYS = frozenset(field.key for field in BUILT_IN)
RESERVED = KEYS | {
    "id", "number", "kind", "custom", "origin", "today", "created_at", "updated_at", "owner", "tier", "region",
    "merged_into", "import_id", "search", "near_keys", "company_key",
}  # fmt: skip
"""What no field of a company's own may be called, so that a list or a formula always means one thing."""

DEFAULT: dict[str, Any] = {
    "engine": 1,
    "kinds": [{"key": "company", "name": {"zh": "企业", "en": "Company"}}],
    "fields": [],
    "builtin": {},
    "layouts": {},
}


class Rule(Strict):
    """What a company asks of a field of the product, and from whom it is kept."""

    required: bool = False
    hidden_from: frozenset[Role] = frozenset()
    masked_for: frozenset[Role] = frozenset()


class CustomerKind(Strict):
    key: Key
    name: Label


class Section(Strict):
    """Fields under one heading, in their order."""

    title: Label
    fields: Annotated[tuple[Key, ...], Limits(max_length=200)]


class CustomerFieldPolicy(PolicyDocument):
    """`layouts` by kind of customer; the first kind is what a customer is where nobody says."""

    kind: ClassVar[str] = "customer_field"
    default: ClassVar[dict[str, Any]] = DEFAULT

    kinds: Annotated[tuple[CustomerKind, ...], Limits(min_length=1, max_length=20)]
    fields: Annotated[tuple[Field, ...], Limits(max_length=300)] = ()
    builtin: dict[Key, Rule] = {}
    layouts: dict[Key, Annotated[tuple[Section, ...], Limits(max_length=40)]] = {}

    @model_validator(mode="after")
    def holds_together(self) -> Self:
        refuse_faults(self, [*self._names(), *self._laid_out(), *self._formulas()])
        return self

    def _names(self) -> Iterator[InitErrorDetails]:
        keys = [field.key for field in self.fields]
        for key in duplicates(keys):
            yield fault(["fields", keys.index(key), "key"], "field_doubled", "Two fields are called {key}.", key=key)
        known = [kind.key for kind in self.kinds]
        for key in duplicates(known):
            yield fault(["kinds", known.index(key), "key"], "customer_kind_doubled", "Two kinds are {key}.", key=key)
        for no, field in enumerate(self.fields):
            if field.key in RESERVED:
                yield fault(["fields", no, "key"], "field_reserved", "{key} is a field already.", key=field.key)
            if field.builtin:
                yield fault(["fields", no, "builtin"], "field_reserved", "{key} is no own field.", key=field.key)
            for kind in field.kinds:
                if kind not in known:
                    yield fault(["fields", no, "kinds"], "customer_kind_unknown", "There is no {key}.", key=kind)
        for key, rule in self.builtin.items():
            if key not in KEYS:
                yield fault(["builtin", key], "customer_field_unknown", "There is no field {key}.", key=key)
            if key == "name" and (rule.hidden_from or rule.masked_for):
                yield fault(["builtin", key], "field_name_seen", "Everybody sees what a customer is called.")

    def _laid_out(self) -> Iterator[InitErrorDetails]:
        known = KEYS | {field.key for field in self.fields}
        for kind, sections in self.layouts.items():
            if kind not in {one.key for one in self.kinds}:
                yield fault(["layouts", kind], "customer_kind_unknown", "There is no kind {key}.", key=kind)
            placed = [key for section in sections for key in section.fields]
            for key in [key for key in dict.fromkeys(placed) if key not in known]:
                yield fault(["layouts", kind], "customer_field_unknown", "There is no field {key}.", key=key)
            for key in duplicates(placed):
                yield fault(["layouts", kind], "field_placed_twice", "{key} stands there twice.", key=key)

    def _formulas(self) -> Iterator[InitErrorDetails]:
        """A formula counts with plain fields only, so that none waits for itself."""
        plainly = KEYS | {field.key for field in self.fields if field.type != "formula"}
        for no, field in enumerate(self.fields):
            if field.type == "formula":
                for name in sorted(read_formula(field.formula).names - plainly):
                    yield fault(["fields", no, "formula"], "formula_field_unknown", "There is no {key}.", key=name)


def fields(policy: CustomerFieldPolicy) -> tuple[Field, ...]:
    """All fields of all kinds of customer: those of the product first."""
    return built_in(policy) + policy.fields


def built_in(policy: CustomerFieldPolicy) -> tuple[Field, ...]:
    """The fields of the product as the policy has them."""
    return tuple(_ruled(field, policy.builtin.get(field.key)) for field in BUILT_IN)


def _ruled(field: Field, rule: Rule | None) -> Field:
    if rule is None:
        return field
    asked = {"required": field.required or rule.required}
    return field.model_copy(update=asked | {"hidden_from": rule.hidden_from, "masked_for": rule.masked_for})


ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+", re.ASCII)
Way = Literal["phone", "email"]
"""How somebody is reached: the key of the field, and of a contact's."""


class Readable(NamedTuple):
    """What somebody may see: `fields` without those hidden from them, `masked` the keys they see a part of."""

    fields: tuple[Field, ...]
    masked: frozenset[str]

    @property
    def open(self) -> tuple[Field, ...]:
        """Those whose value they may see, search for, and sort by."""
        return tuple(field for field in self.fields if field.key not in self.masked)

    @property
    def writable(self) -> tuple[Field, ...]:
        """Those they may enter: also one of which they see a part, but where there are several values, which would
        take away those that they do not see."""
        return tuple(field for field in self.fields if field.key not in self.masked or field.type not in SEVERAL)

    def left(self, key: str, typed: Any, held: Any) -> bool:
        """Whether what was typed leaves the value as it is: nothing, or the part that is seen of it."""
        field = self.field(key)
        if field is None or key not in self.masked:
            return False
        return typed in (None, "", []) or (held is not None and typed == masked(field, held))

    @property
    def numbers(self) -> bool:
        """Whether they may ask about phone numbers."""
        return self.sees("phone")

    def sees(self, key: str) -> bool:
        """Whether all of it is shown to them."""
        return any(field.key == key for field in self.open)

    def reached(self, way: Way, value: str | None) -> str | None:
        """A contact's number or address, as much of it as they may see of a customer's own."""
        shown: str | None = self.values({way: value}).get(way)
        return shown

    def called(self, name: str) -> str:
        """What somebody goes by: a name as it is, a number or an address as much as they may see of it."""
        way: Way | None = "email" if "@" in name else "phone" if name.startswith("+") else None
        return (self.reached(way, name) or "") if way else name

    def written(self, text: str) -> str:
        """What a machine wrote, such as why a mail did not arrive: its addresses as much as they may see of them."""
        if self.sees("email"):
            return text
        return ADDRESS.sub(lambda found: self.reached("email", found[0]) or "****", text)

    def field(self, key: str) -> Field | None:
        return next((field for field in self.fields if field.key == key), None)

    def values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values by key, as far as they may leave the server; masked ones as the text that is shown instead."""
        return {
            field.key: masked(field, values[field.key]) if field.key in self.masked else values[field.key]
            for field in self.fields
            if values.get(field.key) is not None
        }


def for_reader(actor: Actor, known: Iterable[Field]) -> Readable:
    """One role that may see a field is enough, as one that may do something is. A formula that counts with what
    somebody may not see is kept from them, too."""
    seen = {field.key: field for field in known}
    hidden = {key for key, field in seen.items() if _all_of(actor, field.hidden_from)}
    part = {key for key, field in seen.items() if _all_of(actor, field.hidden_from | field.masked_for)} - hidden
    for field in seen.values():
        if field.type == "formula" and read_formula(field.formula).names & (hidden | part):
            hidden.add(field.key)
    return Readable(tuple(field for key, field in seen.items() if key not in hidden), frozenset(part - hidden))


def _all_of(actor: Actor, roles: frozenset[Role]) -> bool:
    return bool(roles) and actor.roles <= roles


class Laid(NamedTuple):
    """A part of the page; `title` None: what the layout does not name."""

    title: Label | None
    fields: tuple[Field, ...]


def layout(policy: CustomerFieldPolicy, kind: str, known: Sequence[Field]) -> list[Laid]:
    """The fields that a kind of customer has, in the order of its layout; sections without any are left out."""
    here = {field.key: field for field in known if field.has(kind)}
    laid = [
        Laid(section.title, tuple(here.pop(key) for key in section.fields if key in here))
        for section in policy.layouts.get(kind, ())
    ]
    return [one for one in [*laid, Laid(None, tuple(here.values()))] if one.fields]


def complete(known: Iterable[Field], kind: str, values: Mapping[str, Any]) -> None:
    """Raises Refused (422) naming the first required field of this kind of customer that is empty."""
    for field in known:
        if field.required and field.has(kind) and values.get(field.key) in (None, "", []):
            raise invalid("field_needed", field.key)


def reckoned(known: Iterable[Field], values: Mapping[str, Any], today: date) -> dict[str, Value]:
    """The results of the formulas, by key, from kept values; those without a result are left out."""
    all_ = {field.key: field for field in known}
    counted = {key: _counted(field, values.get(key)) for key, field in all_.items()}
    results = {
        key: reckon(read_formula(field.formula), counted, today)
        for key, field in all_.items()
        if field.type == "formula"
    }
    return {key: result for key, result in results.items() if result is not None}


def _counted(field: Field, value: Any) -> Value:
    """A value as a formula counts with it; money in whole currency units."""
    match field.type:
        case _ if value is None:
            return None
        case "money":
            return Decimal(plain(field, value))
        case "number" | "integer" | "percent" | "rating":
            return Decimal(repr(value))
        case "date":
            return date.fromisoformat(value)
        case "datetime":
            return date.fromisoformat(value[:10])
        case "yes_no":
            return bool(value)
    return value if isinstance(value, str) else None
