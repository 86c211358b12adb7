"""A contract with everything its approvers and its owner look at: versions, files, approvals, the deal behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from db.contract import Approval, Contract
from db.deal import Deal
from db.person import Person, people_by_id
from db.policy import Policy
from db.process import Process, Task
from db.record import Document
from domain.access import person_in
from domain.approval import ApprovalPolicy
from domain.pipeline import PipelinePolicy


class ContractCase(NamedTuple):
    """`pipeline` is the policy version its deal runs under, `approvals` one for each version, oldest first,
    `policies` the approval policy's version of each approval by its id, `tasks` the approvals' by id, `files` by hash.
    """

    contract: Contract
    deal: Deal
    pipeline: Policy | None
    approvals: Sequence[Approval]
    policies: dict[str, Policy]
    tasks: dict[str, Task]
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
            .outerjoin(Policy, _pinned(Process, PipelinePolicy.kind))
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
    steps = [step for approval in approvals for step in approval.path]
    hashes = [version["document"] for version in contract.versions if version["document"]]
    return ContractCase(
        contract, deal, pipeline, approvals,
        policies=await _policies(session, approvals),
        tasks=await _tasks(session, (step["task_id"] for step in steps if step["task_id"])),
        files=await _files(session, hashes),
        people=await people_by_id(session, _people(contract, steps)),
    )  # fmt: skip


def _pinned(process: Any, kind: str) -> Any:
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


async def _tasks(session: AsyncSession, ids: Iterable[str]) -> dict[str, Task]:
    return {task.id: task for task in await session.scalars(select(Task).where(Task.id.in_(list(ids))))}


async def _files(session: AsyncSession, hashes: list[str]) -> dict[str, Document]:
    return {file.hash: file for file in await session.scalars(select(Document).where(Document.hash.in_(hashes)))}


def _people(contract: Contract, steps: Iterable[dict[str, Any]]) -> set[str]:
    """Everybody named by what is shown: the owner, who submitted, who decided, whom a step is open to."""
    named = {contract.owner_id, *(version["by"] for version in contract.versions)}
    for step in steps:
        named |= {person for person in (step["by"], person_in(step["holder"] or "")) if person}
    return named
