"""Collecting what an order owes: its payment plan, and when to remind and escalate."""

from datetime import date, timedelta
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, model_validator

from domain.document import Duration, PolicyDocument, Strict, fault, refuse_faults

WHOLE_BP = 10_000

DEFAULT: dict[str, Any] = {
    "engine": 1,
    "instalments": [{"share_bp": 5_000, "after": "P7D"}, {"share_bp": 5_000, "after": "P37D"}],
    "remind_before": "P3D",
    "escalate_after": "P7D",
}


class Share(Strict):
    """A part of the total, in basis points, due a number of whole days after the order."""

    share_bp: Annotated[int, Field(ge=1, le=WHOLE_BP)]
    after: Duration

    @model_validator(mode="after")
    def due_dates_are_days(self) -> Self:
        if self.after % timedelta(days=1):
            refuse_faults(self, [fault(["after"], "days_only", "An instalment is due after whole days, such as P7D.")])
        return self


class PaymentPlanPolicy(PolicyDocument):
    """`remind_before` counts back from an instalment's due date, `escalate_after` from it on."""

    kind: ClassVar[str] = "collection"
    default: ClassVar[dict[str, Any]] = DEFAULT

    instalments: Annotated[tuple[Share, ...], Field(min_length=1, max_length=60)]
    remind_before: Duration
    escalate_after: Duration

    @model_validator(mode="after")
    def shares_make_the_whole_in_order(self) -> Self:
        faults = []
        total = sum(share.share_bp for share in self.instalments)
        if total != WHOLE_BP:
            faults.append(fault(["instalments"], "shares_total", "The shares make {total}, not 10000.", total=total))
        waits = [share.after for share in self.instalments]
        if waits != sorted(set(waits)):
            faults.append(fault(["instalments"], "shares_order", "Each instalment is due later than the one before."))
        refuse_faults(self, faults)
        return self


class Instalment(Strict):
    """`no` counts from 1; `amount` is in minor units."""

    no: int
    amount: int
    due_on: date


def plan(total: int, policy: PaymentPlanPolicy, ordered_on: date) -> list[Instalment]:
    """Divide a positive total (minor units) exactly; each share is rounded down and the last takes the remainder.

    A share that comes to nothing is left out: nobody can pay it.
    """
    if total <= 0:
        raise ValueError("an order without an amount has no payment plan")
    amounts = [total * share.share_bp // WHOLE_BP for share in policy.instalments[:-1]]
    amounts.append(total - sum(amounts))
    dues = [(amount, ordered_on + share.after) for amount, share in zip(amounts, policy.instalments, strict=True)]
    return [
        Instalment(no=no, amount=amount, due_on=due)
        for no, (amount, due) in enumerate((d for d in dues if d[0]), start=1)
    ]
