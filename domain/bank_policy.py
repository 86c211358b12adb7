"""How sure a match of a bank line must be to be booked by itself, and what is no payment of a customer at all."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field, StringConstraints

from domain.document import PolicyDocument

DEFAULT: dict[str, Any] = {
    "engine": 1,
    "automatic": True,
    "book_from": 85,
    "ahead": 20,
    "near": 5_000,
    "not_payments": [
        "利息", "结息", "手续费", "服务费", "工资", "退税", "interest", "bank charges", "bank fee", "service fee",
        "zinsen", "tax refund",
    ],
}  # fmt: skip


class BankPolicy(PolicyDocument):
    """`book_from` and `ahead` in points: what the best match needs, and by how much it must lead the next.

    `near`: minor units by which an amount may miss and still be shown as probably meant; it is never booked by itself.
    `not_payments`: words of lines that are set aside.
    """

    kind: ClassVar[str] = "bank"
    default: ClassVar[dict[str, Any]] = DEFAULT

    automatic: bool = True
    book_from: Annotated[int, Field(ge=50, le=150)]
    ahead: Annotated[int, Field(ge=0, le=100)]
    near: Annotated[int, Field(ge=0, le=1_000_000)]
    not_payments: Annotated[
        tuple[Annotated[str, StringConstraints(min_length=2, max_length=60)], ...], Field(max_length=100)
    ] = ()
