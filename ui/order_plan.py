"""What a contract proposes for its order, asked before a deal is won: parts to confirm or change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from sqlalchemy.ext.asyncio import AsyncSession

from db.contract import Contract
from db.contract_check import ContractFinding, said_in
from db.deal import Deal
from domain.order_plan import KINDS, MOST_PARTS, PlanPart, proposed
from domain.payment_plan import EVENTS
from domain.refusal import invalid
from locales.formats import Formats
from locales.labels import label
from ui.clause_words import ClauseWords

ROWS = 4
_HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True)
class Proposal:
    """`rows` as they are typed: share in percent, event, days. `found` are the findings they come from.

    `term` is the payment term in words.
    """

    contract: Contract
    found: Mapping[str, ContractFinding]
    rows: Sequence[Mapping[str, str]]
    events: Sequence[tuple[str, str]]
    total: str = ""
    other_total: bool = False
    term: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)


async def proposal(session: AsyncSession, deal: Deal, language: str, typed: Mapping[str, str]) -> Proposal | None:
    """None where there is no contract, or it says nothing of how it is paid."""
    contract = await session.get(Contract, deal.contract_id) if deal.contract_id else None
    if contract is None or contract.status not in ("approved", "signed") or not contract.versions:
        return None
    found = await said_in(session, contract.id, contract.versions[-1]["no"], KINDS)
    parts = proposed({kind: one.value for kind, one in found.items()})
    if not parts:
        return None
    rows: list[Mapping[str, str]] = [
        {"share": f"{Decimal(one.share_bp) / 100:g}", "event": one.event, "days": str(one.days)} for one in parts
    ]
    if any(name.startswith("plan_") for name in typed):
        rows = [{name: typed.get(f"plan_{name}_{no}", "") for name in ("share", "event", "days")} for no in range(ROWS)]
    blank = {"share": "", "event": "invoice", "days": ""}
    total = found["total_amount"].value if "total_amount" in found else ""
    words = ClauseWords(language, Formats(language, "UTC", deal.currency))
    term = found.get("payment_term")
    return Proposal(
        contract=contract, found=found, rows=[*rows, *[blank] * (ROWS - len(rows))], typed=typed,
        events=[(event, label("plan_event", event, language)) for event in EVENTS],
        term=words.value(term.kind, term.value) if term else "",
        total=total, other_total=bool(total) and total != _plain(deal),
    )  # fmt: skip


def read_plan(typed: Mapping[str, str]) -> list[PlanPart]:
    """The parts as typed; none where the policy is to choose. Raises Refused (422)."""
    if typed.get("plan") != "contract":
        return []
    parts = []
    for no in range(MOST_PARTS):
        share, event, days = (typed.get(f"plan_{name}_{no}", "").strip() for name in ("share", "event", "days"))
        if not share:
            continue
        try:
            share_bp = int(Decimal(share.rstrip("%")).quantize(_HUNDREDTH) * 100)
            after = int(days or "0")
        except (InvalidOperation, ValueError):
            raise invalid("plan_unreadable", "plan") from None
        if event not in EVENTS or not 1 <= share_bp <= 10_000 or not 0 <= after <= 3_660:
            raise invalid("plan_unreadable", "plan")
        parts.append(PlanPart(share_bp=share_bp, event=event, days=after))
    if not parts:
        raise invalid("plan_unreadable", "plan")
    return parts


def _plain(deal: Deal) -> str:
    """As a check writes a total: `CNY 480000.00`."""
    return f"{deal.currency} {Decimal(deal.amount) / 100:.2f}"
