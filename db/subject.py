"""What people are asked to approve, whatever its kind: its record, its versions, its approvals, the deal behind it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from sqlalchemy import and_, case, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from db.collection import Collection
from db.contract import Approval, Contract
from db.deal import Deal
from db.holder import holders_of
from db.person import Person, people_by_id
from db.policy import Policy
from db.process import Process
from db.quote import Quote
from db.record import Document
from domain.access import person_in
from domain.approval import ApprovalPolicy
from domain.approval_path import PathStep, seats
from domain.approver import PersonApprover
from domain.pipeline import SALES, PipelinePolicy


@dataclass(frozen=True)
class Subject:
    """A record that approvals are about, as its approvers look at it.

    `versions` are dicts with no, amount, by, at (ISO 8601) and where known document (a hash), note and outcome;
    `version` is the newest.
    """

    kind: str
    id: str
    number: str
    title: str
    status: str
    amount: int
    currency: str
    customer_id: str | None
    owner_id: str | None
    deal_id: str | None = None
    version: int = 1
    versions: Sequence[Mapping[str, Any]] = field(default_factory=tuple)


class SubjectCase(NamedTuple):
    """`pipeline` is the policy version its deal runs under, `approvals` one for each version, oldest first,
    `policies` the approval policy's version of each approval by its id, `paths` its path, `files` by hash; `holding`
    says which people have each key that an open step waits for.
    """

    subject: Subject
    deal: Deal | None
    pipeline: Policy | None
    approvals: Sequence[Approval]
    policies: dict[str, Policy]
    paths: dict[str, list[PathStep]]
    holding: Mapping[str, Sequence[str]]
    files: dict[str, Document]
    people: dict[str, Person]


async def subject_case(session: AsyncSession, kind: str, subject_id: str) -> SubjectCase | None:
    """None until the record and its deal have their rows: each process writes its own.

    Whether somebody may see it is asked before, with the task or the record they came by.
    """
    about = and_(Approval.subject_kind == kind, Approval.subject_id == subject_id)
    approvals = (await session.scalars(select(Approval).where(about).order_by(Approval.subject_version))).all()
    load = LOADERS.get(kind)
    subject = await load(session, subject_id, approvals) if load else None
    if load is None:
        subject = _asked_only(approvals)
    if subject is None:
        return None
    deal, pipeline = await _deal(session, subject.deal_id)
    if subject.deal_id and deal is None:
        return None
    paths = {approval.id: approval.steps for approval in approvals}
    holding = await holders_of(session, {key for path in paths.values() for key in _waiting(path)})
    held = {person for people in holding.values() for person in people}
    return SubjectCase(
        subject, deal, pipeline, approvals,
        policies=await _policies(session, approvals),
        paths=paths,
        holding=holding,
        files=await _files(session, [v["document"] for v in subject.versions if v.get("document")]),
        people=await people_by_id(session, _people(subject, approvals, paths) | held),
    )  # fmt: skip


# --- the kinds ----------------------------------------------------------------------------------------------------

Loader = Callable[[AsyncSession, str, Sequence[Approval]], Awaitable[Subject | None]]


async def _contract(session: AsyncSession, contract_id: str, _: Sequence[Approval]) -> Subject | None:
    row = await session.get(Contract, contract_id)
    if row is None:
        return None
    return Subject(
        kind="contract", id=row.id, number=row.number, title=row.title, status=row.status, amount=row.amount,
        currency=row.currency, customer_id=row.customer_id, owner_id=row.owner_id, deal_id=row.deal_id,
        version=row.version,
        versions=row.versions,
    )  # fmt: skip


async def _quote(session: AsyncSession, quote_id: str, _: Sequence[Approval]) -> Subject | None:
    row = await session.get(Quote, quote_id)
    if row is None:
        return None
    return Subject(
        kind="quote", id=row.id, number=row.number, title=row.title, status=row.status, amount=row.amount,
        currency=row.currency, customer_id=row.customer_id, owner_id=row.owner_id, deal_id=row.deal_id,
        version=row.version, versions=row.versions,
    )  # fmt: skip


def _of_collection(kind: str) -> Loader:
    """What is asked for about an order's money: its versions are the requests themselves."""

    async def load(session: AsyncSession, subject_id: str, approvals: Sequence[Approval]) -> Subject | None:
        lines = [approval.line_id for approval in approvals]
        of_line = select(Collection).where(or_(Collection.id == subject_id, Collection.line_id.in_(lines)))
        row = await session.scalar(of_line.order_by((Collection.id == subject_id).desc()).limit(1))
        asked = _asked_only(approvals)
        if row is None or asked is None:
            return asked
        return replace(
            asked, id=row.id, number=row.number, customer_id=row.customer_id, owner_id=row.owner_id,
            deal_id=row.deal_id,
        )  # fmt: skip

    return load


def _asked_only(approvals: Sequence[Approval]) -> Subject | None:
    """What the requests themselves say, where the record behind them has no row."""
    if not approvals:
        return None
    newest = approvals[-1]
    return Subject(
        kind=newest.subject_kind, id=newest.subject_id, number=newest.number, title=newest.title,
        status=newest.status,
        amount=newest.amount, currency=newest.currency, customer_id=None, owner_id=newest.submitted_by,
        version=newest.subject_version, versions=[_asked(approval) for approval in approvals],
    )  # fmt: skip


def _asked(approval: Approval) -> dict[str, Any]:
    return {
        "no": approval.subject_version, "amount": approval.amount, "by": approval.submitted_by,
        "at": approval.opened_at.isoformat(), "outcome": None if approval.status == "open" else approval.status,
        "note": approval.facts.get("x_reason"), "document": None,
    }  # fmt: skip


LOADERS: dict[str, Loader] = {
    "contract": _contract,
    "quote": _quote,
    **{kind: _of_collection(kind) for kind in ("write_off", "refund", "service_hold")},
}
"""How the record of each kind of subject (domain.approval.SUBJECTS) is found."""


# --- what stands around it ----------------------------------------------------------------------------------------


_PIPELINE = case((Deal.pipeline_key == SALES, PipelinePolicy.kind), else_=PipelinePolicy.kind + "." + Deal.pipeline_key)
"""The policy kind of the deal's pipeline."""


async def _deal(session: AsyncSession, deal_id: str | None) -> tuple[Deal | None, Policy | None]:
    query = (
        select(Deal, Policy)
        .outerjoin(Process, and_(Process.kind == "deal", Process.record_id == Deal.id))
        .outerjoin(Policy, _pinned(Process, _PIPELINE))
        .where(Deal.id == deal_id)
    )
    row = (await session.execute(query)).one_or_none() if deal_id else None
    return (row[0], row[1]) if row else (None, None)


def _pinned(process: Any, kind: Any) -> Any:
    """The version of a policy that a process runs under."""
    return and_(Policy.kind == kind, Policy.version == process.policies[kind].as_integer())


async def _policies(session: AsyncSession, approvals: Iterable[Approval]) -> dict[str, Policy]:
    process = aliased(Process)
    pinned = (
        select(process.record_id, Policy)
        .join(Policy, _pinned(process, ApprovalPolicy.kind))
        .where(process.kind == "approval", process.record_id.in_([approval.id for approval in approvals]))
    )
    return dict((await session.execute(pinned)).all())


async def _files(session: AsyncSession, hashes: list[str]) -> dict[str, Document]:
    return {file.hash: file for file in await session.scalars(select(Document).where(Document.hash.in_(hashes)))}


def _waiting(path: list[PathStep]) -> set[str]:
    return {key for _, seat in seats(path) if seat.status == "open" for key in seat.holders}


def _people(subject: Subject, approvals: Sequence[Approval], paths: Mapping[str, list[PathStep]]) -> set[str]:
    """Everybody named by what is shown: the owner, who submitted, decided, spoke, was asked or asked somebody else."""
    named = {*(version["by"] for version in subject.versions), *([subject.owner_id] if subject.owner_id else [])}
    for approval in approvals:
        named |= {approval.submitted_by, *(remark["by"] for remark in approval.remarks)}
        for step in paths[approval.id]:
            named |= {one.person for one in step.step.who if isinstance(one, PersonApprover) and one.known}
            for seat in step.seats:
                asked = {person_in(key) for key in seat.holders}
                named |= {person for person in (step.added_by, seat.by, seat.behalf_of, *asked) if person}
    return named - {"system"}
