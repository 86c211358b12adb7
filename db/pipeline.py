"""The pipelines there are: what is in force of each, and the versions that deals under way run under."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, or_, select, true, tuple_
from sqlalchemy.dialects.postgresql import JSONB, distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from db.deal import Deal
from db.policy import Policy, in_force
from db.process import Process
from db.scope import within
from domain.access import Actor
from domain.pipeline import PipelinePolicy, pipeline_key, pipeline_kind


class Pinned(NamedTuple):
    """A pipeline and one of its versions."""

    key: str
    version: int


class OpenDeal(NamedTuple):
    deal: Deal
    version: int


def _is_pipeline() -> ColumnElement[bool]:
    return or_(Policy.kind == PipelinePolicy.kind, Policy.kind.startswith(f"{PipelinePolicy.kind}.", autoescape=True))


async def pipelines_in_force(session: AsyncSession) -> dict[str, Policy]:
    """By key, the one an installation begins with first, the others in the order they were made."""
    found = (await session.scalars(in_force().where(_is_pipeline()).ext(distinct_on(Policy.kind)))).all()
    born = dict(
        (
            await session.execute(
                select(Policy.kind, func.min(Policy.published_at)).where(_is_pipeline()).group_by(Policy.kind)
            )
        ).all()
    )
    ordered = sorted(found, key=lambda policy: (policy.kind != PipelinePolicy.kind, born[policy.kind], policy.kind))
    return {pipeline_key(policy.kind): policy for policy in ordered}


async def pinned_pipelines(session: AsyncSession, pinned: Iterable[Pinned]) -> dict[Pinned, dict[str, Any]]:
    """The documents of these versions."""
    wanted = {(pipeline_kind(one.key), one.version) for one in pinned}
    if not wanted:
        return {}
    query = select(Policy.kind, Policy.version, Policy.document).where(
        tuple_(Policy.kind, Policy.version).in_(sorted(wanted))
    )
    return {Pinned(pipeline_key(kind), version): document for kind, version, document in await session.execute(query)}


async def stage_names(session: AsyncSession) -> dict[str, dict[str, dict[str, str]]]:
    """By pipeline and stage, the names (zh, en) of every stage there ever was, as the newest version says them."""
    stage = func.jsonb_array_elements(Policy.document["stages"]).table_valued("value", name="stage").render_derived()
    value = stage.c.value.cast(JSONB)
    key = value["key"].astext
    query = (
        select(Policy.kind, key, value["name"])
        .join(stage, true())
        .where(_is_pipeline())
        .order_by(Policy.kind, key, Policy.version.desc())
        .ext(distinct_on(Policy.kind, key))
    )
    found: dict[str, dict[str, dict[str, str]]] = {}
    for kind, stage_key, name in await session.execute(query):
        found.setdefault(pipeline_key(kind), {})[stage_key] = name
    return found


def version_of(kind: str) -> ColumnElement[int]:
    """The version of a pipeline that a deal's process runs under."""
    version: ColumnElement[int] = Process.policies[kind].as_integer()
    return version


async def stages_in_use(session: AsyncSession, key: str) -> dict[str, int]:
    """How many deals under way stand in each stage of a pipeline, whoever sees them."""
    query = (
        select(Deal.stage, func.count()).where(Deal.closed_at.is_(None), Deal.pipeline_key == key).group_by(Deal.stage)
    )
    return dict((await session.execute(query)).all())


async def deals_under_others(session: AsyncSession, actor: Actor, key: str, version: int, most: int) -> list[OpenDeal]:
    """Open deals that run under another version of their pipeline, the longest open first."""
    pinned = version_of(pipeline_kind(key))
    query = (
        select(Deal, pinned)
        .join(Process, Process.record_id == Deal.id)
        .where(
            Process.kind == "deal", Deal.closed_at.is_(None), Deal.pipeline_key == key, pinned != version,
            within(actor, "deal"),
        )
        .order_by(Deal.opened_at, Deal.id)
        .limit(most)
    )  # fmt: skip
    return [OpenDeal(*row) for row in await session.execute(query)]
