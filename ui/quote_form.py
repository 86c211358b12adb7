"""The lines of a quote as a form has them: read as typed, and written as they would be typed."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import ValidationError
from starlette.datastructures import FormData

from domain.money import parse_amount, plain_amount
from domain.quote import WHOLE, QuoteBody, QuoteLine
from domain.refusal import Refused, invalid

FIELDS = ("product_id", "name", "name_en", "unit", "quantity", "unit_price", "discount", "tax")


def read_body(form: FormData, before: QuoteBody, currency: str, *, leave_out: int | None = None) -> QuoteBody:
    """Lines without a name are left out, and so is the one at `leave_out`. Raises Refused naming field and line."""
    columns = {field: [str(value) for value in form.getlist(field)] for field in FIELDS}
    count = len(columns["name"])
    if any(len(values) != count for values in columns.values()):
        raise invalid("field_needed", "lines")
    costs = {line.product_id: line for line in before.lines}
    lines = []
    for no in range(count):
        typed = {field: columns[field][no].strip() for field in FIELDS}
        if typed["name"] and no != leave_out:
            lines.append(_line(no + 1, typed, costs.get(typed["product_id"] or None), currency))
    rate, amount = read_discount(str(form.get("whole_discount", "")), currency, "whole_discount")
    return QuoteBody(
        lines=lines, discount=rate, discount_amount=amount, tax_included="tax_included" in form,
        price_book_id=str(form.get("price_book_id", "")) or None, terms=str(form.get("terms", before.terms))[:4_000],
        terms_en=str(form.get("terms_en", before.terms_en))[:4_000],
    )  # fmt: skip


def _line(no: int, typed: dict[str, str], known: QuoteLine | None, currency: str) -> QuoteLine:
    try:
        rate, amount = read_discount(typed["discount"], currency, "discount")
        return QuoteLine(
            product_id=typed["product_id"] or None, name=typed["name"], name_en=typed["name_en"], unit=typed["unit"],
            quantity=unicodedata.normalize("NFKC", typed["quantity"] or "1"),
            unit_price=parse_amount(typed["unit_price"] or "0", currency, "unit_price"),
            discount=rate, discount_amount=amount, tax=read_rate(typed["tax"] or "0", "tax"),
            list_price=known.list_price if known else None, cost=known.cost if known else None,
        )  # fmt: skip
    except Refused as refused:
        raise Refused(refused.code, refused.status, field=f"{refused.field}_{no}", **refused.params) from None
    except ValidationError:
        raise invalid("field_needed", f"name_{no}") from None


def read_discount(text: str, currency: str, field: str) -> tuple[int, int]:
    """`5%` is a rate, `500` an amount, nothing neither."""
    typed = unicodedata.normalize("NFKC", text).strip()
    if not typed:
        return 0, 0
    if typed.endswith("%"):
        return read_rate(typed, field), 0
    return 0, parse_amount(typed, currency, field)


def read_rate(text: str, field: str) -> int:
    """A percentage with two decimals at most, in hundredths of a percent. Raises Refused `number_format`."""
    try:
        rate = Decimal(unicodedata.normalize("NFKC", text).strip().removesuffix("%").strip()) * 100
    except InvalidOperation:
        raise invalid("number_format", field) from None
    if not rate.is_finite() or rate != int(rate) or not 0 <= rate <= WHOLE:
        raise invalid("number_format", field)
    return int(rate)


def written(body: QuoteBody, currency: str) -> list[dict[str, str]]:
    """The lines as the form shows them."""
    return [
        {
            "product_id": line.product_id or "", "name": line.name, "name_en": line.name_en, "unit": line.unit,
            "quantity": f"{Decimal(line.quantity).normalize():f}",
            "unit_price": plain_amount(line.unit_price, currency),
            "discount": discount_text(line.discount, line.discount_amount, currency), "tax": rate_text(line.tax),
        }
        for line in body.lines
    ]  # fmt: skip


def typed_lines(form: FormData) -> list[dict[str, str]]:
    columns = [[str(value) for value in form.getlist(field)] for field in FIELDS]
    return [dict(zip(FIELDS, row, strict=True)) for row in zip(*columns, strict=False)]


def discount_text(rate: int, amount: int, currency: str) -> str:
    return plain_amount(amount, currency) if amount else f"{rate_text(rate)}%" if rate else ""


def rate_text(rate: int) -> str:
    return f"{(Decimal(rate) / 100).normalize():f}"


def differences(before: dict[str, Any], after: dict[str, Any]) -> Sequence[tuple[str, dict[str, Any] | None, Any]]:
    """Lines of two versions side by side, by name: what is in both alike is left out."""
    old, new = ({line["name"]: line for line in body["lines"]} for body in (before, after))
    names = [*old, *(name for name in new if name not in old)]
    shown = ("quantity", "unit_price", "discount", "discount_amount", "tax")
    return [
        (name, old.get(name), new.get(name))
        for name in names
        if name not in old or name not in new or any(old[name][key] != new[name][key] for key in shown)
    ]
