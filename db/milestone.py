"""What a line has passed and is to pass, from lead to cash: each milestone with when it began and was reached."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from db.collection import Instalment
from db.line import Line
from db.process import Process

Standing = Literal["done", "current", "waiting", "failed", "next"]

SHOWN_INSTALMENTS = 3
"""More are told as one."""

STANDINGS: dict[str, dict[str, Standing]] = {
    "lead": {"converted": "done", "closed": "failed"},
    "quote": {
        "accepted": "done", "refused": "failed", "lapsed": "failed", "withdrawn": "failed", "sent": "waiting",
        "in_approval": "waiting",
    },
    "contract": {
        "": "next", "draft": "waiting", "approved": "done", "signed": "done", "rejected": "failed",
        "withdrawn": "failed",
    },
    "approval": {"approved": "done", "returned": "next", "rejected": "failed", "withdrawn": "failed"},
    "invoice": {"done": "done", "prepared": "done", "cancelled": "failed", "withdrawn": "failed"},
    "instalment": {
        "paid": "done", "credited": "done", "written_off": "failed", "overdue": "waiting", "due": "waiting",
        "planned": "next", "waiting": "next",
    },
    "collection": {"overdue": "waiting", "paid": "done", "written_off": "failed"},
}  # fmt: skip
"""How a milestone looks by its record's status; any other status is under way."""


@dataclass(frozen=True)
class Milestone:
    """`reached` is when it was done or failed, `gap` the time since the one before, `due_on` when it should be.

    `no` and `of` count instalments, `amount` is in minor units of the deal's currency.
    """

    kind: str
    standing: Standing
    began: datetime | None = None
    reached: datetime | None = None
    due_on: date | None = None
    gap: timedelta | None = None
    record_id: str | None = None
    number: str | None = None
    no: int | None = None
    of: int | None = None
    amount: int | None = None

    @property
    def took(self) -> timedelta | None:
        """From its beginning until it was reached, or until now."""
        if self.began is None or self.standing == "next":
            return None
        return max((self.reached or datetime.now(UTC)) - self.began, timedelta())


def milestones(line: Line, *, money: bool = True) -> list[Milestone]:
    """In the order they come; a deal opened by hand has no lead. `money`: also what comes in, for those who read it."""
    found = [*_selling(line), *(_collecting(line) if money else _hidden())]
    found = [one for one in found if one.standing != "next" or _is_to_come(line, one.kind)]
    last: datetime | None = None
    told = []
    for one in found:
        at = one.reached if one.standing == "done" else None
        told.append(replace(one, gap=max(at - last, timedelta())) if at and last else one)
        last = max(last, at) if last and at else at or last
    return told


def _is_to_come(line: Line, kind: str) -> bool:
    """What an ended deal has passed by is not to come any more."""
    if line.deal.lost_in:
        return False
    return line.deal.order_id is None or kind not in ("quote", "contract", "approval", "invoice")


def whole(told: list[Milestone]) -> timedelta | None:
    """From the first beginning to the last thing reached, once all is done; until now before that."""
    begun = min((one.began for one in told if one.began), default=None)
    if begun is None:
        return None
    ended = told[-1].reached if told[-1].standing == "done" else None
    return max((ended or datetime.now(UTC)) - begun, timedelta())


def _selling(line: Line) -> Iterator[Milestone]:
    deal, lead = line.deal, line.lead
    if lead is not None:
        yield _of(line, "lead", lead.stage, lead.id)
    ended = deal.stage_since if deal.order_id or deal.lost_in else None
    standing: Standing = "failed" if deal.lost_in else "done" if deal.order_id else "current"
    yield Milestone("deal", standing, deal.opened_at, ended, record_id=deal.id, number=deal.number, amount=deal.amount)
    yield _of(line, "quote", deal.quote_status, deal.quote_id)
    contract = line.contract.subject if line.contract else None
    yield replace(
        _of(line, "contract", deal.contract_status, deal.contract_id), number=contract.number if contract else None
    )
    yield _approval(line)
    yield _invoice(line)
    order = line.order
    if order is None:
        yield Milestone("order", "next")
    else:
        yield Milestone(
            "order", "done", deal.stage_since, deal.stage_since, record_id=order.id, number=order.number,
            amount=order.amount,
        )  # fmt: skip


def _process(line: Line, kind: str) -> Process | None:
    """The newest of its kind."""
    return next((process for process in reversed(line.processes) if process.kind == kind), None)


def _of(line: Line, kind: str, status: str | None, record_id: str | None) -> Milestone:
    process = next((p for p in line.processes if p.kind == kind and p.record_id == record_id), None)
    if record_id is None or (process is None and not status):
        return Milestone(kind, "next")
    standing = STANDINGS[kind].get(status or "", "current")
    reached = (process.closed_at or process.changed_at) if process and standing in ("done", "failed") else None
    return Milestone(kind, standing, process.opened_at if process else None, reached, record_id=record_id)


def _approval(line: Line) -> Milestone:
    """Of the contract; one that is approved without a run through a line has none to show."""
    approvals = line.contract.approvals if line.contract else ()
    if not approvals:
        approved = line.deal.contract_status in ("approved", "signed")
        return Milestone("approval", "done" if approved else "next")
    newest = approvals[-1]
    standing = STANDINGS["approval"].get(newest.status, "waiting")
    return Milestone("approval", standing, newest.opened_at, newest.closed_at, record_id=line.deal.contract_id)


def _invoice(line: Line) -> Milestone:
    process = _process(line, "invoice")
    if process is None:
        return Milestone("invoice", "next")
    standing = STANDINGS["invoice"].get(process.outcome or "", "done" if process.closed_at else "waiting")
    return Milestone("invoice", standing, process.opened_at, process.closed_at, record_id=process.record_id)


def _collecting(line: Line) -> Iterator[Milestone]:
    collection, instalments = line.collection, line.instalments
    if collection is None:
        yield from _hidden()
        return
    if len(instalments) <= SHOWN_INSTALMENTS:
        yield from (_instalment(one, len(instalments), line) for one in instalments)
    else:
        paid = [one.paid_at for one in instalments if one.status == "paid" and one.paid_at]
        late = any(one.status == "overdue" for one in instalments)
        standing: Standing = "done" if len(paid) == len(instalments) else "waiting" if late else "current"
        reached = max(paid) if standing == "done" else None
        yield Milestone(
            "instalments", standing, collection.opened_at, reached, record_id=collection.id, no=len(paid),
            of=len(instalments), amount=collection.amount,
        )  # fmt: skip
    standing = STANDINGS["collection"].get(collection.status, "next")
    reached = collection.closed_at if standing in ("done", "failed") else None
    yield Milestone(
        "cash", "next" if reached is None else standing, collection.opened_at, reached, record_id=collection.id,
        number=collection.number, amount=collection.paid,
    )  # fmt: skip


def _instalment(one: Instalment, of: int, line: Line) -> Milestone:
    standing = STANDINGS["instalment"].get(one.status, "next")
    collection = line.collection
    return Milestone(
        "instalment", standing, collection.opened_at if collection else None, one.paid_at,
        due_on=one.due_on, record_id=one.collection_id, no=one.no, of=of, amount=one.amount,
    )  # fmt: skip


def _hidden() -> Iterator[Milestone]:
    yield Milestone("collection", "next")
    yield Milestone("cash", "next")
