"""What a field may hold: its kind of value, what it allows, and who reads it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self, get_args

from babel.numbers import is_currency
from pydantic import Field as Limits
from pydantic import StringConstraints, model_validator
from pydantic_core import InitErrorDetails

from domain.access import Role
from domain.document import Key, Label, Sentence, Strict, duplicates, fault, refuse_faults
from domain.formula import BadFormula, read_formula
from domain.serial import BadSerial, check_serial

FieldType = Literal[
    "text", "long_text", "number", "integer", "money", "percent", "date", "datetime", "time", "yes_no", "choice",
    "choices", "phone", "email", "url", "address", "person", "people", "department", "rating", "location", "files",
    "customer", "formula", "serial",
]  # fmt: skip
TYPES: tuple[FieldType, ...] = get_args(FieldType)
MADE: frozenset[FieldType] = frozenset({"formula", "serial"})
"""What nobody types: it is reckoned, or counted."""
SEVERAL: frozenset[FieldType] = frozenset({"choices", "people", "files"})
CHOSEN: frozenset[FieldType] = frozenset({"choice", "choices"})
LIMITED: frozenset[FieldType] = frozenset({"number", "integer", "money", "percent"})
DISTINCT: frozenset[FieldType] = frozenset({"text", "integer", "phone", "email", "url", "serial"})
"""Of which no two customers may have the same, where a field says so."""
LONGEST = 10**15


class Option(Strict):
    """What is kept is its `value`."""

    value: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    label: Label
    retired: bool = False
    """Kept where it was chosen, and not offered any more."""


class Field(Strict):
    """`key` names the value: a column of the customer where `builtin`, else a key of its `custom`.

    `kinds` are the kinds of customer that have it; none: all. `least` and `most` are in the field's own unit: minor
    units of money, per cent. Roles of `hidden_from` never learn of it, those of `masked_for` see a part of its value.
    """

    key: Key
    label: Label
    type: FieldType
    builtin: bool = False
    required: bool = False
    unique: bool = False
    help: Sentence | None = None
    options: Annotated[tuple[Option, ...], Limits(max_length=200)] = ()
    kinds: Annotated[tuple[Key, ...], Limits(max_length=20)] = ()
    hidden_from: frozenset[Role] = frozenset()
    masked_for: frozenset[Role] = frozenset()
    decimals: Annotated[int, Limits(ge=0, le=6)] = 2
    currency: str = "CNY"
    least: Annotated[int, Limits(ge=-LONGEST, le=LONGEST)] | None = None
    most: Annotated[int, Limits(ge=-LONGEST, le=LONGEST)] | None = None
    formula: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""
    pattern: Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)] = ""
    """Of a serial number: `KH-{year}-{no:5}`."""

    @property
    def values(self) -> tuple[str, ...]:
        return tuple(option.value for option in self.options)

    @property
    def made(self) -> bool:
        return self.type in MADE

    def option(self, value: str) -> Option | None:
        return next((option for option in self.options if option.value == value), None)

    def has(self, kind: str) -> bool:
        return not self.kinds or kind in self.kinds

    @model_validator(mode="after")
    def fits_its_type(self) -> Self:
        refuse_faults(self, list(self._faults()))
        return self

    def _faults(self) -> Iterator[InitErrorDetails]:
        if self.type in CHOSEN and not self.options and not self.builtin:
            yield fault(["options"], "field_options_needed", "There is nothing to choose.")
        if self.options and self.type not in CHOSEN:
            yield fault(["options"], "field_options_useless", "Only a choice has options.")
        for value in duplicates(self.values):
            yield fault(["options"], "field_option_doubled", "{value} is there twice.", value=value)
        if self.unique and self.type not in DISTINCT:
            yield fault(["unique"], "field_unique_useless", "Values of this type may be the same.")
        if self.required and self.made:
            yield fault(["required"], "field_required_useless", "Nobody types this field.")
        if not is_currency(self.currency):
            yield fault(["currency"], "currency_unknown", "{currency} is no currency.", currency=self.currency)
        if self.least is not None and self.most is not None and self.least > self.most:
            yield fault(["most"], "field_limits_crossed", "The most is less than the least.")
        if self.type == "serial":
            try:
                check_serial(self.pattern)
            except BadSerial as bad:
                yield fault(["pattern"], bad.code, "The pattern cannot be read.")
        if self.type == "formula":
            try:
                read_formula(self.formula)
            except BadFormula as bad:
                yield fault(["formula"], bad.code, "The formula cannot be read near {near}.", near=bad.near or "…")
