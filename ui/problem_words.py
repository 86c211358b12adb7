"""Problems of a policy in the words of an office: what is wrong, with the offending case, and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from domain.cell import Value
from domain.column import Column
from domain.document import Problem
from domain.policy import canonical
from domain.policy_draft import columns_of
from domain.table_check import Overlap
from locales import N_
from locales.labels import LABELS, label
from locales.problems import SENTENCES
from locales.validation import fault_text
from ui.policy_words import PolicyWords

COLUMN: TypeAdapter[Column] = TypeAdapter(Column)
PARTS = {
    "rules": N_("Rules"), "calendars": N_("Calendars"), "stages": N_("Stages"), "instalments": N_("Instalments"),
    "letters": N_("Letters"), "queues": N_("Queues"), "keywords": N_("Words"),
}  # fmt: skip


def readable_columns(document: Mapping[str, Any]) -> list[Column]:
    """Those of the draft's columns that can be read."""
    found: list[Column] = []
    for column in columns_of(document):
        try:
            found.append(COLUMN.validate_json(canonical(column)))
        except (ValidationError, ValueError):
            continue
    return found


@dataclass(frozen=True)
class ProblemWords:
    """For one reader of one draft."""

    words: PolicyWords
    columns: Sequence[Column]

    def said(self, problem: Problem) -> str:
        sentence = SENTENCES.get(problem.code)
        if sentence is None:
            return fault_text(problem.code, problem.params, self.words.language)
        return self.words._(sentence, **self._params(problem.params)) if "%(" in sentence else self.words._(sentence)

    def _params(self, params: Mapping[str, Any]) -> dict[str, object]:
        own = "en" if self.words.language == "en" else "zh"
        said: dict[str, object] = {
            name: value[own] if isinstance(value, dict) and own in value else value for name, value in params.items()
        }
        if isinstance(facts := params.get("facts"), dict):
            said["facts"] = self.case(facts)
        if "role" in params:
            said["role"] = label("role", str(params["role"]), self.words.language)
        if isinstance(regions := params.get("regions"), list):
            said["regions"] = self.words.listed(self.words.names.unit(str(region)) for region in regions)
        if "key" in params:
            said["key"] = label("calendar", str(params["key"]), self.words.language)
        return said

    def case(self, facts: Mapping[str, Any]) -> str:
        """ "Amount ¥50,000.01, Currency CNY, Region any other"."""
        currency = facts.get("currency")
        return self.words.listed(
            f"{self.words.fact(column.key)} {self._value(column, facts[column.key], currency)}"
            for column in self.columns
            if column.key in facts
        )

    def _value(self, column: Column, value: Value | list[str], currency: object) -> str:
        if column.type == "enum" and str(value).rstrip("*") == "other":
            return self.words._(N_("any other"))
        shown = tuple(value) if isinstance(value, list) else value
        return self.words.value(column, shown, currency if isinstance(currency, str) and len(currency) == 3 else None)

    def overlap(self, overlap: Overlap, order: Sequence[str]) -> str:
        upper, lower = (order.index(row) + 1 for row in overlap.rows)
        text = N_("Rows %(upper)d and %(lower)d both take this case; row %(upper)d decides: %(facts)s.")
        return self.words._(text, upper=upper, lower=lower, facts=self.case(overlap.example))

    def place(self, where: str) -> str:
        """`table.rows.2.when.amount` is "Row 3, Amount"; empty for the whole."""
        match where.split("."):
            case ["table", "rows", no, "when", key, *_] if no.isdigit():
                return self.words.listed((self._row(no), self.words.fact(key)))
            case ["table", "rows", no, "then", "steps", step, *_] if no.isdigit() and step.isdigit():
                return self.words.listed((self._row(no), self.words._(N_("step %(no)d"), no=int(step) + 1)))
            case ["table", "rows", no, *_] if no.isdigit():
                return self._row(no)
            case ["table", "columns", no, *_] if no.isdigit() and int(no) < len(self.columns):
                return self.words.fact(self.columns[int(no)].key)
            case ["rules", kind, *_] if kind in LABELS["clause"]:
                return label("clause", kind, self.words.language)
            case ["calendars", key, *_]:
                return label("calendar", key, self.words.language)
            case ["keywords" as part, key, *_]:
                return self.words.listed((self.words._(PARTS[part]), key))
            case [part, *_] if part in PARTS:
                return self.words._(PARTS[part])
            case _:
                return "" if where == "table" else where.replace(".", " › ")

    def _row(self, no: str) -> str:
        return self.words._(N_("Row %(no)d"), no=int(no) + 1)
