"""The payment plan that a contract's own words propose for its order."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field

from domain.payment_plan import WHOLE_BP, Event, Part
from domain.refusal import invalid

KINDS = ("prepayment", "payment_term", "total_amount", "warranty_period", "auto_renewal", "renewal_notice")
"""The findings that say something about what comes after the signature."""
MOST_PARTS = 6
USUAL_DAYS = 30
"""Where a contract names a prepayment but no term for the rest."""
ADVANCE_DAYS = 7
_TERM = re.compile(r"(\d{1,4})(d|bd)")


class PlanPart(BaseModel):
    """A share of the order in basis points, due `days` after the event."""

    share_bp: Annotated[int, Field(ge=1, le=WHOLE_BP)]
    event: Event
    days: Annotated[int, Field(ge=0, le=3_660)]


def proposed(found: Mapping[str, str]) -> list[PlanPart]:
    """From the values of `prepayment` and `payment_term` as a check writes them; empty where neither is said.

    A prepayment falls due after the signature, the rest the agreed time after the invoice.
    """
    advance, term = _share(found.get("prepayment", "")), days_of(found.get("payment_term", ""))
    if not advance and term is None:
        return []
    rest = USUAL_DAYS if term is None else term
    parts = [PlanPart(share_bp=advance, event="contract_signed", days=ADVANCE_DAYS)] if advance else []
    if advance < WHOLE_BP:
        parts.append(PlanPart(share_bp=WHOLE_BP - advance, event="invoice", days=rest))
    return parts


def days_of(value: str) -> int | None:
    """`30d` as 30, `20bd` (working days) as 28; None for anything else."""
    found = _TERM.fullmatch(value)
    if found is None:
        return None
    return int(found[1]) if found[2] == "d" else round(int(found[1]) * 1.4)


def parts_of(plan: Sequence[PlanPart]) -> list[Part]:
    return [Part(share_bp=one.share_bp, event=one.event, days=one.days) for one in plan]


def check_plan(plan: Sequence[PlanPart]) -> None:
    """Raises Refused (422) where the parts do not make the whole."""
    total = sum(one.share_bp for one in plan)
    if total != WHOLE_BP or len(plan) > MOST_PARTS:
        raise invalid("plan_not_whole", "plan", total=f"{Decimal(total) / 100:g}")


def _share(value: str) -> int:
    """`0.30` as 3000; 0 where it says nothing."""
    try:
        share = int(Decimal(value) * WHOLE_BP)
    except ArithmeticError:
        return 0
    return share if 0 < share <= WHOLE_BP else 0
