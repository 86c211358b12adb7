"""How sure a match of a bank line must be to be booked by itself, and what is no payment of a customer at all."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, StringConstraints, model_validator

from domain.bank_heading import ROLES, Role, heading_key
from domain.document import PolicyDocument, duplicates, fault, refuse_faults

Heading = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]

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
    `not_payments`: words of lines that are set aside. `headings`: what this company's banks call the columns of their
    tables, beside the words that are known anyway.
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
    headings: dict[Role, tuple[Heading, ...]] = Field(default={}, max_length=len(ROLES))

    @model_validator(mode="after")
    def names_each_heading_once(self) -> Self:
        keys = [heading_key(heading) for words in self.headings.values() for heading in words]
        twice = duplicates(keys)
        refuse_faults(
            self, [fault(["headings"], "bank_heading_twice", "{heading} is said twice.", heading=key) for key in twice]
        )
        return self
