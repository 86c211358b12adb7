"""A contract with everything its approvers and its owner look at: versions, files, approvals, the deal behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import and_, case, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from db.contract import Approval, Contract
from db.deal import Deal
from db.holder import holders_of
from db.person import Person, people_by_id
from db.policy import Policy
from db.process import Process
from db.record import Document
from domain.access import person_in
from domain.approval import ApprovalPolicy
from domain.approval_path import PathStep, seats
from domain.approver import PersonApprover
from domain.pipeline import SALES, PipelinePolicy


class ContractCase(NamedTuple):
    """`pipeline` is the policy version its deal runs under, `approvals` one for each version, oldest first,
    `policies` the approval policy's version of each approval by its id, `paths` its path, `files` by hash; `holding`
    says which people have each key that an open step waits for.
    """

    contract: Contract
    deal: Deal
    pipeline: Policy | None
    approvals: Sequence[Approval]
    policies: dict[str, Policy]
    paths: dict[str, list[PathStep]]
    holding: Mapping[str, Sequence[str]]
    files: dict[str, Document]
    people: dict[str, Person]


async def contract_case(session: AsyncSession, contract_id: str) -> ContractCase | None:
    """None until both contract and deal have their rows: each process writes its own.

    Whether somebody may see it is asked before, with the task or the record they came by.
    """
    row = (
        await session.execute(
            select(Contract, Deal, Policy)
            .join(Deal, Deal.id == Contract.deal_id)
            .outerjoin(Process, and_(Process.kind == "deal", Process.record_id == Deal.id))
            .outerjoin(Policy, _pinned(Process, _PIPELINE))
            .where(Contract.id == contract_id)
        )
    ).one_or_none()
    if row is None:
        return None
    contract, deal, pipeline = row
    approvals = (
        await session.scalars(
            select(Approval).where(Approval.subject_id == contract_id).order_by(Approval.subject_version)
        )
    ).all()
    paths = {approval.id: approval.steps for approval in approvals}
    holding = await holders_of(session, {key for path in paths.values() for key in _waiting(path)})
    hashes = [version["document"] for version in contract.versions if version["document"]]
    held = {person for people in holding.values() for person in people}
    return ContractCase(
        contract, deal, pipeline, approvals,
        policies=await _policies(session, approvals),
        paths=paths,
        holding=holding,
        files=await _files(session, hashes),
        people=await people_by_id(session, _people(contract, approvals, paths) | held),
    )  # fmt: skip


_PIPELINE = case((Deal.pipeline_key == SALES, PipelinePolicy.kind), else_=PipelinePolicy.kind + "." + Deal.pipeline_key)
"""The policy kind of the deal's pipeline."""


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


def _people(contract: Contract, approvals: Sequence[Approval], paths: Mapping[str, list[PathStep]]) -> set[str]:
    """Everybody named by what is shown: the owner, who submitted, decided, spoke, was asked or asked somebody else."""
    named = {contract.owner_id, *(version["by"] for version in contract.versions)}
    for approval in approvals:
        named |= {remark["by"] for remark in approval.remarks}
        for step in paths[approval.id]:
            named |= {one.person for one in step.step.who if isinstance(one, PersonApprover) and one.known}
            for seat in step.seats:
                asked = {person_in(key) for key in seat.holders}
                named |= {person for person in (step.added_by, seat.by, seat.behalf_of, *asked) if person}
    return named - {"system"}
