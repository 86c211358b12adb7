"""What a quote comes to: lines, discounts and tax in minor units, so that every sum is exact.

A line is quantity times unit price, rounded half up. A discount comes off each line; the one of the whole quote is
shared out over the lines by what each is worth, the rest of the division going to those that lost most. Tax is
reckoned once for each rate, on the sum of its lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, NamedTuple, Self

from pydantic import BaseModel, Field, StringConstraints, field_validator, model_validator

from domain.money import LARGEST
from domain.refusal import invalid

WHOLE = 10_000
"""Rates are in hundredths of a percent."""
MOST_LINES = 200

Rate = Annotated[int, Field(ge=0, le=WHOLE)]
Minor = Annotated[int, Field(ge=0, le=LARGEST)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)]


class QuoteLine(BaseModel):
    """`quantity` is a decimal with at most four places. `discount` is a rate, `discount_amount` an amount: one of both.

    `list_price` is what the price book said when the line took its price, `cost` what one unit costs us; None: unknown.
    """

    product_id: str | None = None
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
    name_en: Text = ""
    unit: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] = ""
    quantity: str = "1"
    unit_price: Minor = 0
    list_price: Minor | None = None
    discount: Rate = 0
    discount_amount: Minor = 0
    tax: Rate = 0
    cost: Minor | None = None

    @field_validator("quantity")
    @classmethod
    def quantity_is_a_decimal(cls, value: str) -> str:
        return f"{parse_quantity(value):f}"

    @model_validator(mode="after")
    def one_discount(self) -> Self:
        if self.discount and self.discount_amount:
            raise ValueError("A line has a discount by percent or by amount.")
        return self

    @property
    def gross(self) -> int:
        return _round(Decimal(self.quantity) * self.unit_price)

    @property
    def net(self) -> int:
        taken = self.discount_amount or _round(Decimal(self.gross) * self.discount / WHOLE)
        return max(self.gross - taken, 0)


class QuoteBody(BaseModel):
    """What is offered. `discount` and `discount_amount` are of the whole, beside those of the lines."""

    lines: Annotated[list[QuoteLine], Field(max_length=MOST_LINES)] = []
    discount: Rate = 0
    discount_amount: Minor = 0
    tax_included: bool = False
    price_book_id: str | None = None
    terms: Annotated[str, StringConstraints(strip_whitespace=True, max_length=4_000)] = ""
    terms_en: Annotated[str, StringConstraints(strip_whitespace=True, max_length=4_000)] = ""


class TaxSum(BaseModel):
    """Of the lines taxed at one rate: what they come to without tax, and the tax."""

    rate: int
    base: int
    tax: int


class Totals(BaseModel):
    """`amounts` are the lines after every discount. `gross` is before any, `net` without and `total` with tax.

    `discount_rate` is rounded up and `margin_rate` down, so that a fen beyond a limit is beyond it. `margin_rate` is
    None where some cost is not known.
    """

    gross: int
    discount: int
    net: int
    taxes: list[TaxSum]
    tax: int
    total: int
    amounts: list[int]
    discount_rate: int
    margin: int | None
    margin_rate: int | None


class Limits(NamedTuple):
    """Up to here nobody is asked: a discount, a margin (at least), a total in minor units."""

    discount: int
    margin: int
    amount: int


def parse_quantity(text: str) -> Decimal:
    """Raises Refused `quantity_unreadable`."""
    try:
        quantity = Decimal(text.strip().replace(",", ""))
    except ArithmeticError:
        raise invalid("quantity_unreadable", "quantity") from None
    exponent = quantity.as_tuple().exponent
    if not quantity.is_finite() or not isinstance(exponent, int) or not 0 < quantity <= 10**9 or exponent < -4:
        raise invalid("quantity_unreadable", "quantity")
    return quantity


def reckon(body: QuoteBody) -> Totals:
    """Raises Refused `amount_too_large`."""
    nets = [line.net for line in body.lines]
    whole = sum(nets)
    taken = min(body.discount_amount or _round(Decimal(whole) * body.discount / WHOLE), whole)
    amounts = [net - part for net, part in zip(nets, share(taken, nets), strict=True)]
    taxes = _taxes(body, amounts)
    net, tax, gross = sum(t.base for t in taxes), sum(t.tax for t in taxes), sum(line.gross for line in body.lines)
    if gross > LARGEST or net + tax > LARGEST:
        raise invalid("amount_too_large", "lines")
    margin = _margin(body.lines, net)
    discount = gross - sum(amounts)
    return Totals(
        gross=gross, discount=discount, net=net, taxes=taxes, tax=tax, total=net + tax, amounts=amounts,
        discount_rate=-(-discount * WHOLE // gross) if gross else 0,
        margin=margin, margin_rate=margin * WHOLE // net if margin is not None and net else None,
    )  # fmt: skip


def share(total: int, weights: Sequence[int]) -> list[int]:
    """Divides exactly, in proportion; what the division leaves goes to the largest remainders, the first one first."""
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    parts = [total * weight // whole for weight in weights]
    left = sorted(range(len(weights)), key=lambda no: -(total * weights[no] % whole))
    for no in left[: total - sum(parts)]:
        parts[no] += 1
    return parts


def _taxes(body: QuoteBody, amounts: Sequence[int]) -> list[TaxSum]:
    sums: dict[int, int] = {}
    for line, amount in zip(body.lines, amounts, strict=True):
        sums[line.tax] = sums.get(line.tax, 0) + amount
    found = []
    for rate, amount in sorted(sums.items(), reverse=True):
        if body.tax_included:
            base = _round(Decimal(amount) * WHOLE / (WHOLE + rate))
            found.append(TaxSum(rate=rate, base=base, tax=amount - base))
        else:
            found.append(TaxSum(rate=rate, base=amount, tax=_round(Decimal(amount) * rate / WHOLE)))
    return found


def _margin(lines: Sequence[QuoteLine], net: int) -> int | None:
    costs = [_round(Decimal(line.quantity) * line.cost) for line in lines if line.cost is not None]
    return net - sum(costs) if len(costs) == len(lines) and lines else None


def _round(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


def needs_approval(totals: Totals, limits: Limits) -> bool:
    thin = totals.margin_rate is not None and totals.margin_rate < limits.margin
    return totals.discount_rate > limits.discount or thin or totals.total > limits.amount


def check_complete(body: QuoteBody) -> Totals:
    """What may be sent to a customer has lines that are worth something. Raises Refused (422)."""
    if not body.lines:
        raise invalid("quote_empty", "lines")
    totals = reckon(body)
    if totals.total <= 0:
        raise invalid("amount_positive", "lines")
    return totals


def tax_number(text: str) -> str:
    """An 18-character unified social credit code (GB 32100), in capitals. Raises Refused `tax_number_wrong`."""
    code = "".join(text.split()).upper()
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    if len(code) != 18 or any(character not in alphabet for character in code):
        raise invalid("tax_number_wrong", "tax_number")
    total = sum(alphabet.index(character) * pow(3, no, 31) for no, character in enumerate(code[:17]))
    if alphabet[-total % 31] != code[17]:
        raise invalid("tax_number_wrong", "tax_number")
    return code
