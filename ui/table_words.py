"""Tables and gates in the words of an office: their facts, their cells, the cases their rows are for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from domain.cell import AllOf, AnyOf, Cell, Empty, Filled, In, NoneOf, NotIn, Range
from domain.column import Column
from domain.condition import AllHold, AnyHolds, Condition, Tree
from domain.decision_table import DecisionTable, Row
from locales import N_, translate
from locales.formats import Formats
from locales.labels import LABELS, label
from locales.refusals import SENTENCES
from ui.names import Names

FACTS = {
    "amount": N_("Amount"),
    "currency": N_("Currency"),
    "region": N_("Region"),
    "kind": N_("Kind of request"),
    "contract_kind": N_("Kind of contract"),
    "discount": N_("Discount"),
    "margin": N_("Margin"),
    "customer_tier": N_("Customer tier"),
    "payment_days": N_("Days to pay"),
    "risk": N_("Risk"),
    "contract_status": N_("Contract"),
    "source": N_("Source"),
    "campaign": N_("Campaign"),
    "product": N_("Product"),
    "language": N_("Language"),
    "industry": N_("Industry"),
    "size": N_("Size of the company"),
    "province": N_("Province"),
    "city": N_("City"),
    "way": N_("How it comes"),
    "customer_kind": N_("Kind of customer"),
    "intent": N_("Intent"),
    "budget": N_("Budget"),
    "touches": N_("Times they turned to us"),
    "came_back": N_("Times they came back"),
    "in_working_time": N_("Came in working time"),
    "has_phone": N_("Phone known"),
    "has_email": N_("E-mail known"),
    "grade": N_("Grade"),
    "quote_status": N_("Quote"),
    "priority": N_("Priority"),
    "close_on": N_("Close date"),
    "next_step": N_("Next step"),
    "ordered": N_("Sum of all orders"),
    "orders": N_("Number of orders"),
    "tier": N_("Customer tier"),
    "ticket_kind": N_("Kind of ticket"),
    "channel": N_("Channel"),
    "fault_code": N_("Fault code"),
    "keywords": N_("Words"),
    "negative": N_("Sounds clearly negative"),
}
"""What people call the facts that policies ask for; any other is called by its key."""

RATES = frozenset({"discount", "margin"})
"""Facts in hundredths of a percent."""

VALUES = {
    "kind": "subject", "contract_status": "contract", "source": "source", "industry": "industry", "size": "size",
    "intent": "intent", "way": "customer_way", "language": "language", "quote_status": "quote",
    "tier": "tier", "ticket_kind": "ticket_kind", "channel": "channel", "priority": "ticket_priority",
}  # fmt: skip
"""The group of labels that a fact's values are called by."""


@dataclass(frozen=True)
class TableWords:
    """For one reader."""

    language: str
    formats: Formats
    names: Names

    def _(self, message: str, **parameters: object) -> str:
        words = translate(self.language).gettext(message)
        return words % parameters if parameters else words

    def fact(self, key: str) -> str:
        """A custom field, `x_customer_group`, is called customer group."""
        return self._(FACTS[key]) if key in FACTS else key.removeprefix("x_").replace("_", " ")

    def value(self, column: Column, value: object, currency: str | None = None) -> str:
        if value is None or value == ():
            return self._(N_("none"))
        if isinstance(value, bool):
            return self._(N_("yes") if value else N_("no"))
        if isinstance(value, int):
            return self._number(column, value, currency)
        if isinstance(value, tuple):
            return self.listed(self.value(column, one) for one in value)
        if column.key == "region":
            return self.names.unit(str(value)) or str(value)
        group = VALUES.get(column.key)
        return label(group, str(value), self.language) if group in LABELS else str(value)

    def _number(self, column: Column, value: int, currency: str | None) -> str:
        if column.type == "money":
            return self.formats.money(value, currency)
        if column.type == "date":
            return self.formats.day(date.fromordinal(value))
        return self.formats.percent(Decimal(value) / 10_000) if column.key in RATES else self.formats.number(value)

    def cell(self, column: Column, cell: Cell, currency: str | None = None) -> str:
        """What a value must be to fit: "up to ¥50,000", "one of CNY, USD"."""
        match cell:
            case Range():
                return self._range(column, cell, currency)
            case In(values=[one]):
                return self.value(column, one, currency)
            case In():
                return self._(N_("one of %(values)s"), values=self._values(column, cell.values, currency))
            case NotIn():
                return self._(N_("other than %(values)s"), values=self._values(column, cell.values, currency))
            case Empty():
                return self._(N_("none"))
            case Filled():
                return self._(N_("any"))
            case AnyOf():
                return self._(N_("at least one of %(values)s"), values=self._values(column, cell.values, currency))
            case AllOf():
                return self._(N_("all of %(values)s"), values=self._values(column, cell.values, currency))
            case NoneOf():
                return self._(N_("none of %(values)s"), values=self._values(column, cell.values, currency))

    def _range(self, column: Column, cell: Range, currency: str | None) -> str:
        low, high = ((value, self.value(column, value, currency)) for value in (cell.lowest, cell.highest))
        if low[0] is None:
            return self._(N_("up to %(limit)s"), limit=high[1])
        if high[0] is not None:
            return self._(N_("%(low)s to %(high)s"), low=low[1], high=high[1])
        if cell.gt is not None:
            return self._(N_("above %(limit)s"), limit=self.value(column, cell.gt, currency))
        return self._(N_("from %(limit)s"), limit=low[1])

    def _values(self, column: Column, values: Iterable[object], currency: str | None) -> str:
        return self.listed(self.value(column, value, currency) for value in values)

    def listed(self, words: Iterable[str]) -> str:
        return self._(N_(", ")).join(words)

    def when(self, table: DecisionTable[Any], row: Row[Any]) -> str:
        """The case a row is for: "Amount up to ¥50,000", "Currency other than CNY"."""
        currency = currency_of(row)
        shown = [
            self._case(c, row.when[c.key], currency)
            for c in table.columns
            # An amount is written with its currency.
            if c.key in row.when and not (c.key == "currency" and currency and "amount" in row.when)
        ]
        return self.listed(shown) if shown else self._(N_("every request"))

    def _case(self, column: Column, cell: Cell, currency: str | None) -> str:
        limit = self.cell(column, cell, currency)
        if column.key == "kind" and isinstance(cell, In):
            return limit  # "Contract" says by itself that it is a kind of request
        return self._(N_("%(fact)s %(limit)s"), fact=self.fact(column.key), limit=limit)

    def gate(self, tree: Tree, facts: Mapping[str, Column], messages: Mapping[str, Any] | None = None) -> str:
        """What must be so before a deal enters a stage; `messages` are the policy's own words for it."""
        match tree:
            case Condition():
                if isinstance(own := (messages or {}).get(tree.message), dict):
                    return str(own.get("en" if self.language == "en" else "zh", tree.message))
                if tree.message in SENTENCES:
                    return self._(SENTENCES[tree.message])
                limit = self.cell(facts[tree.fact], tree.cell)
                return self._(N_("%(fact)s %(limit)s"), fact=self.fact(tree.fact), limit=limit)
            case AllHold():
                return " ".join(self.gate(child, facts, messages) for child in tree.all)
            case AnyHolds():
                ways = self._(N_(" or ")).join(self.gate(child, facts, messages) for child in tree.any)
                return self._(N_("One of these: %(ways)s"), ways=ways)
            case _:
                return self._(N_("Not: %(condition)s"), condition=self.gate(tree.not_, facts, messages))


def currency_of(row: Row[Any]) -> str | None:
    """The one currency that a row is for, in which its amounts are."""
    cell = row.when.get("currency")
    return str(cell.values[0]) if isinstance(cell, In) and len(cell.values) == 1 else None
