"""What a won deal becomes: order lines that sum exactly, and the customer's place in the service queue."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import BaseModel

from domain.decision_table import DecisionTable, NoRowFits, decide
from domain.document import PolicyDocument, Problem, Strict
from domain.quote import WHOLE, QuoteBody, reckon, share
from domain.table_check import gap_problems

Tier = Literal["standard", "vip"]
ADJUSTMENT = "adjustment"
"""Kind of the line that makes up what the contract says beside the quote."""

DEFAULT: dict[str, Any] = {
    "engine": 1,
    "table": {
        "columns": [
            {"key": "amount", "type": "money", "min": 0},
            {"key": "ordered", "type": "money", "min": 0},
            {"key": "orders", "type": "int", "min": 1},
        ],
        "rows": [
            {"id": "large_order", "when": {"amount": {"op": "range", "ge": 50_000_000}}, "then": {"tier": "vip"}},
            {"id": "good_customer", "when": {"ordered": {"op": "range", "ge": 100_000_000}}, "then": {"tier": "vip"}},
            {"id": "regular", "when": {"orders": {"op": "range", "ge": 5}}, "then": {"tier": "vip"}},
            {"id": "otherwise", "when": {}, "then": {"tier": "standard"}},
        ],
    },
}


class Served(Strict):
    tier: Tier


class ServiceTierPolicy(PolicyDocument):
    """Which customers wait in the VIP queue, asked whenever one orders.

    `amount` is this order's, `ordered` the sum of all theirs, both in minor units; `orders` counts them.
    """

    kind: ClassVar[str] = "service_tier"
    default: ClassVar[dict[str, Any]] = DEFAULT

    table: DecisionTable[Served]

    def problems(self) -> list[Problem]:
        return gap_problems(self.table, "table")


class Line(BaseModel):
    """One line of an order. `quantity` is a decimal number as text, amounts are minor units, with discount and tax."""

    kind: str = "product"
    code: str = ""
    name: str
    quantity: str = "1"
    unit: str = ""
    unit_price: int
    discount_bp: int = 0
    tax_bp: int = 0
    amount: int


def quoted_lines(body: QuoteBody, codes: Mapping[str, str]) -> list[Line]:
    """An accepted quote's lines with their tax, so that they sum to what its customer agreed to pay.

    `codes` has the products' codes by id.
    """
    totals = reckon(body)
    amounts = list(totals.amounts)
    if not body.tax_included:
        for tax in totals.taxes:
            of_rate = [no for no, line in enumerate(body.lines) if line.tax == tax.rate]
            for no, part in zip(of_rate, share(tax.tax, [totals.amounts[no] for no in of_rate]), strict=True):
                amounts[no] += part
    return [
        Line(
            code=codes.get(line.product_id or "", ""), name=line.name, quantity=line.quantity, unit=line.unit,
            unit_price=line.unit_price, tax_bp=line.tax, amount=amount,
            discount_bp=(line.gross - net) * WHOLE // line.gross if line.gross else 0,
        )
        for line, net, amount in zip(body.lines, totals.amounts, amounts, strict=True)
    ]  # fmt: skip


def order_lines(title: str, amount: int, quoted: Sequence[Line]) -> list[Line]:
    """The quote's lines, made up to what the contract is worth; without a quote one line for the whole.

    They always sum to `amount` exactly.
    """
    if not quoted:
        return [Line(name=title, unit_price=amount, amount=amount)]
    rest = amount - sum(line.amount for line in quoted)
    if not rest:
        return list(quoted)
    return [*quoted, Line(kind=ADJUSTMENT, name="", unit_price=rest, amount=rest)]


def tier_of(policy: ServiceTierPolicy, *, amount: int, ordered: int, orders: int) -> Tier:
    """A policy that says nothing about a case leaves the customer where most are."""
    try:
        return decide(policy.table, {"amount": amount, "ordered": ordered, "orders": orders}).outcome.tier
    except NoRowFits:
        return "standard"
