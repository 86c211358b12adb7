"""Approvals as a whole: commented on, nudged, withdrawn, moved to another version of their policy."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from commands.desk import Desk
from db.contract import Approval
from db.policy import find_version
from db.scope import within
from domain.access import Action, Actor
from domain.approval import ApprovalPolicy
from domain.approval_path import PathStep, moved, read_path
from domain.policy import load
from domain.process import Answer, Command
from domain.refusal import Refused, invalid
from workflows.approval import ApprovalWorkflow
from workflows.approval_message import MovePolicy, Say

MOST = 200
"""Cases moved to another policy version in one go."""


@dataclass(frozen=True)
class Move:
    """What another version of the policy would make of one running case: the steps still ahead, by key.

    `refused` says why the version does not decide it; it would go to an administrator.
    """

    approval: Approval
    was: list[PathStep]
    now: list[PathStep]
    refused: str = ""

    @property
    def changes(self) -> bool:
        return [step.step for step in self.was] != [step.step for step in self.now]


class ApprovalCommands:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def comment(self, actor: Actor, key: str, approval_id: str, text: str) -> Answer:
        return await self.desk.update(actor, key, "approval", approval_id, ApprovalWorkflow.comment, Say, text=text)

    async def nudge(self, actor: Actor, key: str, approval_id: str) -> Answer:
        """By the submitter, as often as the policy lets them."""
        return await self.desk.update(actor, key, "approval", approval_id, ApprovalWorkflow.nudge, Command)

    async def withdraw(self, actor: Actor, key: str, approval_id: str) -> Answer:
        return await self.desk.update(actor, key, "approval", approval_id, ApprovalWorkflow.withdraw_request, Command)

    async def preview(self, actor: Actor, version: int, approval_ids: Sequence[str]) -> list[Move]:
        """What would change for running cases. Raises Refused (403, 404)."""
        actor.require(Action.POLICY_MANAGE)
        if len(approval_ids) > MOST:
            raise invalid("too_many", "approvals", most=MOST)
        async with self.desk.db.session(actor.id) as session:
            document = (await find_version(session, ApprovalPolicy.kind, version)).document
            cases = await session.scalars(
                select(Approval)
                .where(Approval.id.in_(approval_ids), Approval.status == "open", within(actor, "approval"))
                .order_by(Approval.opened_at)
            )
            policy = load(ApprovalPolicy, document)
            return [_move(policy, approval) for approval in cases]

    async def move(
        self, actor: Actor, key: str, version: int, approval_ids: Sequence[str]
    ) -> dict[str, Answer | Refused]:
        """Each case by itself: what is refused for one holds up no other."""
        actor.require(Action.POLICY_MANAGE)
        if len(approval_ids) > MOST:
            raise invalid("too_many", "approvals", most=MOST)
        async with self.desk.db.session(actor.id) as session:
            await find_version(session, ApprovalPolicy.kind, version)
        few = asyncio.Semaphore(8)

        async def one(approval_id: str) -> Answer | Refused:
            async with few:
                try:
                    return await self.desk.update(
                        actor, f"{key}/{approval_id}", "approval", approval_id, ApprovalWorkflow.move_policy,
                        MovePolicy, version=version,
                    )  # fmt: skip
                except Refused as refused:
                    return refused

        ends = await asyncio.gather(*map(one, approval_ids))
        return dict(zip(approval_ids, ends, strict=True))


def _move(policy: ApprovalPolicy, approval: Approval) -> Move:
    path = read_path(approval.path)
    was = [step for step in path if step.status in ("pending", "open")]
    try:
        _, steps = policy.route(approval.facts)
    except Refused as refused:
        return Move(approval, was, [], refused.code)
    after, _ = moved([step.model_copy(deep=True) for step in path], [PathStep(step=s, reason=row) for row, s in steps])
    return Move(approval, was, [step for step in after if step.status in ("pending", "open")])
