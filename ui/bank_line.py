"""One bank line as it is shown: what it pays, may pay, or why it was set aside, in the reader's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from db.bank import Booking, StatementLine
from db.bank_list import Target, bookings_of, targets
from domain.bank_match import Candidate, Reason, Verdict
from domain.money import plain_amount
from domain.refusal import Refused
from locales.bank import reason_text
from locales.formats import Formats
from locales.refusals import refusal_text
from ui.environment import pages_of
from ui.names import Names, names


@dataclass(frozen=True)
class Choice:
    """A candidate: what goes to which collection (minor units, and as a form has them), and why."""

    shares: list[tuple[Target, int, str]]
    points: int
    reasons: list[tuple[str, str]]
    """(words, state): state ok, warn or empty."""


@dataclass(frozen=True)
class LineView:
    line: StatementLine
    left: int
    left_typed: str
    reason: str
    refusals: list[str]
    choices: list[Choice] = field(default_factory=list)
    paid: list[tuple[Target, Booking]] = field(default_factory=list)
    decided_by: str = ""


async def shown_lines(
    request: Request, session: AsyncSession, lines: Sequence[StatementLine], fresh: Mapping[str, Verdict] | None = None
) -> list[LineView]:
    """`fresh`: verdicts in place of those that were written, by line."""
    pages = pages_of(request)
    verdicts = {line.id: Verdict.model_validate(line.verdict) for line in lines if line.verdict} | {**(fresh or {})}
    bookings = await bookings_of(session, lines)
    ids = {s.collection_id for v in verdicts.values() for c in v.candidates for s in c.shares}
    ids |= {booking.collection_id for made in bookings.values() for booking in made}
    known = await targets(session, ids)
    called = await names(session, pages.language(request), {line.decided_by for line in lines})
    return [
        _view(line, verdicts.get(line.id), bookings.get(line.id, []), known, called, pages.formats(request))
        for line in lines
    ]


def _view(
    line: StatementLine,
    verdict: Verdict | None,
    bookings: Sequence[Booking],
    known: dict[str, Target],
    called: Names,
    formats: Formats,
) -> LineView:
    left = line.amount - line.booked
    return LineView(
        line=line,
        left=left,
        left_typed=plain_amount(max(left, 0), line.currency),
        reason=_words(verdict.reason, formats) if verdict and verdict.reason else "",
        refusals=[_refusal(booking, formats) for booking in bookings if booking.refusal],
        choices=[
            Choice(
                shares=_shares(candidate, known, left),
                points=candidate.points,
                reasons=[(_words(reason, formats), _state(reason)) for reason in candidate.reasons],
            )
            for candidate in (verdict.candidates if verdict and line.status == "doubt" else ())
            if all(share.collection_id in known for share in candidate.shares)
        ],
        paid=[
            (known[booking.collection_id], booking)
            for booking in bookings
            if booking.status != "refused" and booking.collection_id in known
        ],
        decided_by=called.person(line.decided_by),
    )


def _shares(candidate: Candidate, known: dict[str, Target], left: int) -> list[tuple[Target, int, str]]:
    """A single collection takes all that is left of the line: what is too much stays the customer's there."""
    alone = len(candidate.shares) == 1
    pairs = [(known[share.collection_id], left if alone else share.amount) for share in candidate.shares]
    return [(target, amount, plain_amount(amount, target.currency)) for target, amount in pairs]


def _words(reason: Reason, formats: Formats) -> str:
    return reason_text(reason.code, reason.params, formats)


def _state(reason: Reason) -> str:
    if reason.code in ("amount_near", "amount_over", "other_account", "amount_later"):
        return "warn"
    return "ok" if reason.points > 0 else ""


def _refusal(booking: Booking, formats: Formats) -> str:
    said = booking.refusal or {}
    params = {name: value for name, value in said.get("params", {}).items() if name not in ("field", "status", "code")}
    return refusal_text(Refused(str(said.get("code")), 422, **params), formats.language, formats)
