"""An approval as one reader has it before them: what is new to them, and what they may do in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db.approval_reader import look, nudged
from db.contract import Approval
from db.person import Person
from db.subject import SubjectCase
from domain.access import Actor
from domain.approval import ApprovalPolicy, Rules
from domain.approval_path import earlier_steps, seat_of, seats
from ui.approval_panel import ApprovalPanel
from ui.approval_path import Looked
from ui.clause_words import ClauseWords
from ui.legal_said import LegalSaid, legal_said
from ui.policy_words import PolicyWords


@dataclass(frozen=True)
class Deciding:
    """What the policy lets an approver do with their task, beside approving and rejecting.

    `back_to`: the earlier steps a return may go to, (key, what it is called). `proof`: none, signature or
    second_factor; `proves`: the approver has a second factor. `without`: people who cannot be asked instead.
    """

    back_to: Sequence[tuple[str, str]]
    proof: str
    proves: bool
    delegates: bool
    adds_signers: bool
    without: Sequence[str]


@dataclass(frozen=True)
class Asking:
    """What the submitter may do while others decide: nudge so many times more, again from `nudge_from`."""

    nudges_left: int
    nudge_from: datetime | None


@dataclass(frozen=True)
class ApprovalCase:
    """`deciding` where it is the reader's turn, `asking` where it is their own request and under way.

    `speaks`: they may comment. `legal`: what legal said of the version.
    """

    shown: ApprovalPanel
    speaks: bool
    legal: LegalSaid | None = None
    deciding: Deciding | None = None
    asking: Asking | None = None


async def read_case(
    session: AsyncSession,
    actor: Actor,
    approval: Approval,
    about: SubjectCase,
    words: PolicyWords,
    *,
    mine: str = "",
    opened: bool = False,
) -> ApprovalCase:
    """`mine` is the id of the task whose turn the reader has; `opened` see `db.approval_reader.look`."""
    earlier = [one.id for one in about.approvals if one.subject_version < approval.subject_version]
    since = await look(session, actor.id, approval.id, earlier, opened=opened)
    shown = ApprovalPanel(about, approval, words, mine, Looked(actor.id, since))
    under_way = approval.status == "open" and shown.policy is not None
    return ApprovalCase(
        shown,
        speaks=approval.status == "open",
        legal=await _legal(session, approval, words),
        deciding=await _deciding(session, actor, shown) if mine and under_way else None,
        asking=await _asking(session, shown) if under_way and approval.submitted_by == actor.id else None,
    )


async def _legal(session: AsyncSession, approval: Approval, words: PolicyWords) -> LegalSaid | None:
    if approval.subject_kind != "contract":
        return None
    clauses = ClauseWords(words.language, words.formats)
    return await legal_said(session, approval.subject_id, approval.subject_version, clauses)


def _rules(policy: ApprovalPolicy | None) -> Rules:
    return policy.rules if policy else Rules()


async def _deciding(session: AsyncSession, actor: Actor, shown: ApprovalPanel) -> Deciding | None:
    found = seat_of(shown.path, shown.mine)
    if found is None:
        return None
    step, _ = found
    rules, own = _rules(shown.policy), shown.approval.submitted_by
    back_to = {one.key: shown.words.step(one.step) for one in earlier_steps(shown.path, step)}
    person = await session.get(Person, actor.id) if step.step.proof == "second_factor" else None
    return Deciding(
        back_to=list(back_to.items()),
        proof=step.step.proof,
        proves=person is not None and person.totp_secret is not None,
        delegates=rules.delegate,
        adds_signers=rules.add_signer,
        without=[actor.id] if rules.own == "allow" else [actor.id, own],
    )


async def _asking(session: AsyncSession, shown: ApprovalPanel) -> Asking:
    rules = _rules(shown.policy)
    asked = [seat.opened_at for _, seat in seats(shown.path) if seat.status == "open" and seat.opened_at]
    if not asked:
        return Asking(0, None)
    before = await nudged(session, shown.approval, min(asked))
    again = before[-1] + rules.nudge_every if before else None
    return Asking(rules.nudges - len(before), again if again and again > datetime.now(UTC) else None)
