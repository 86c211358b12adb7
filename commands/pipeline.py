"""Pipelines as a whole: a new one begun from another, and deals under way moved to another version of theirs."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass

from activities.policy import PinnedPolicy
from commands.desk import Desk
from commands.policy import Policies
from db.deal import Deal
from db.pipeline import deals_under_others
from db.policy import current_policy, find_version
from domain.access import Action, Actor
from domain.pipeline import PipelinePolicy, Stage, facts_of, missing_fields, pipeline_key, pipeline_kind
from domain.policy import load
from domain.process import Answer
from domain.refusal import Refused, invalid
from workflows.deal import DealWorkflow, FollowPipeline

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
MOST = 200
"""Deals moved to another version in one go."""


@dataclass(frozen=True)
class Follow:
    """What another version would make of one deal under way: the stage it comes to, none where it stays behind.

    `missing` are fields that stage asks for and the deal does not have: it comes there all the same.
    """

    deal: Deal
    version: int
    to: Stage | None
    missing: Sequence[str]

    @property
    def changes(self) -> bool:
        return self.to is not None and self.to.key != self.deal.stage


class PipelineCommands:
    def __init__(self, desk: Desk, policies: Policies) -> None:
        self.desk = desk
        self.policies = policies

    async def create(self, actor: Actor, key: str, *, pipeline: str, zh: str, en: str, like: str) -> str:
        """Version 1 of a new pipeline with the stages of another (`like`); its kind. Raises Refused (403, 422)."""
        actor.require(Action.POLICY_MANAGE)
        if not KEY.fullmatch(pipeline):
            raise invalid("key_unusable", "pipeline")
        if not zh.strip() or not en.strip():
            raise invalid("field_needed", "zh" if not zh.strip() else "en")
        kind = pipeline_kind(pipeline)
        async with self.desk.db.session(actor.id) as session:
            _, document = await current_policy(session, pipeline_kind(like))
        made = {**document, "name": {"zh": zh.strip(), "en": en.strip()}, "retired": False, "replaced": {}}
        try:
            await self.policies.publish(actor, key, kind, made, follows=0, note=en.strip())
        except Refused as refused:
            raise invalid("pipeline_doubled", "pipeline") if refused.code == "policy_outdated" else refused from None
        return kind

    async def preview(self, actor: Actor, kind: str, version: int | None) -> tuple[int, list[Follow]]:
        """The version (none: the one in force) and what it would change for the deals under others, `MOST` + 1 at most.

        Raises Refused (403, 404).
        """
        actor.require(Action.POLICY_MANAGE)
        async with self.desk.db.session(actor.id) as session:
            found = await find_version(session, kind, version)
            others = await deals_under_others(session, actor, pipeline_key(kind), found.version, MOST + 1)
        policy = load(PipelinePolicy, found.document)
        return found.version, [_follow(policy, deal, under) for deal, under in others]

    async def move(
        self, actor: Actor, key: str, kind: str, version: int, deal_ids: Sequence[str]
    ) -> dict[str, Answer | Refused]:
        """Each deal by itself: what is refused for one holds up no other."""
        actor.require(Action.POLICY_MANAGE)
        if len(deal_ids) > MOST:
            raise invalid("too_many", "deals", most=MOST)
        async with self.desk.db.session(actor.id) as session:
            found = await find_version(session, kind, version)
        pinned = PinnedPolicy(kind=kind, version=found.version, document=found.document)
        few = asyncio.Semaphore(8)

        async def one(deal_id: str) -> Answer | Refused:
            async with few:
                try:
                    return await self.desk.update(
                        actor, f"{key}/{deal_id}", "deal", deal_id, DealWorkflow.follow_pipeline, FollowPipeline,
                        pipeline=pinned.model_dump(),
                    )  # fmt: skip
                except Refused as refused:
                    return refused

        ends = await asyncio.gather(*map(one, deal_ids))
        return dict(zip(deal_ids, ends, strict=True))


def _follow(policy: PipelinePolicy, deal: Deal, version: int) -> Follow:
    stage = policy.taken_over(deal.stage)
    return Follow(deal, version, stage, missing_fields(stage, facts_of(deal)) if stage else ())
