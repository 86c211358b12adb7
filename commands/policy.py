"""Policies: the defaults an installation begins with, and the versions that people publish."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import JsonValue
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from commands.idempotency import claim
from commands.quote_paper import try_page
from db.book import rearm_all
from db.customer_field import field_policy, fill_unique
from db.engine import Database
from db.live import announce
from db.outbox import enqueue
from db.policy import Policy, current_policy, documents, publish, versions
from db.policy_draft import draft_to_change
from db.policy_reference import unfit_references
from db.policy_use import open_cases
from domain.access import Action, Actor
from domain.allocation_policy import AllocationPolicy
from domain.approval import ApprovalPolicy
from domain.calendar import CalendarPolicy
from domain.customer_field import CustomerFieldPolicy
from domain.customer_pool import PoolPolicy
from domain.document import PolicyDocument, Problem
from domain.holiday import with_public_holidays
from domain.lead import LeadPolicy
from domain.policy import KINDS, load, unfit, validate
from domain.policy_check import references
from domain.policy_diff import compare
from domain.quote_template import QuotePolicy
from domain.refusal import Refused, invalid, not_found
from domain.sla import SlaPolicy

FURTHEST = timedelta(days=10 * 366)
"""How far ahead a version may come into force."""


class Policies:
    def __init__(self, db: Database) -> None:
        self.db = db

    async def publish(
        self,
        actor: Actor,
        key: str,
        kind: str,
        document: dict[str, Any],
        *,
        follows: int,
        note: str = "",
        valid_from: datetime | None = None,
    ) -> int:
        """The new version's number. Cases that are under way keep the version they began with.

        `valid_from` is an aware instant; none, and one that has come, mean at once. Raises Refused: 403; 422
        policy_invalid with every problem found; 409 policy_outdated where somebody published after `follows`.
        """
        actor.require(Action.POLICY_MANAGE)
        # Checking a large table for gaps takes a while, and nobody else should wait for it.
        policy = await asyncio.to_thread(validate, kind, document)
        async with self.db.session(actor.id) as session:
            asked = {"document": document, "follows": follows, "note": note, "valid_from": valid_from}
            publication = await claim(session, actor, key, "PublishPolicy", f"policy/{kind}", asked)
            return await _publish(session, actor, publication, kind, policy, document, follows, note, valid_from)

    async def publish_draft(
        self, actor: Actor, key: str, kind: str, *, revision: int, note: str, valid_from: datetime | None = None
    ) -> int:
        """`publish` for the draft as of this revision, which is gone then.

        Raises Refused as `publish` does, 404 without a draft, and 409 draft_changed.
        """
        actor.require(Action.POLICY_MANAGE)
        async with self.db.session(actor.id) as session:
            asked = {"revision": revision, "note": note, "valid_from": valid_from}
            publication = await claim(session, actor, key, "PublishPolicy", f"policy/{kind}", asked)
            made = await session.scalar(select(Policy.version).where(Policy.origin == _origin(publication)))
            if made is not None:
                return made
            draft = await draft_to_change(session, kind, revision)
            if draft is None:
                raise not_found("draft")
            policy = await asyncio.to_thread(validate, kind, draft.document)
            version = await _publish(
                session, actor, publication, kind, policy, draft.document, draft.based_on, note, valid_from
            )
            await session.delete(draft)
        return version


async def _publish(
    session: AsyncSession,
    actor: Actor,
    publication: str,
    kind: str,
    policy: PolicyDocument,
    document: dict[str, Any],
    follows: int,
    note: str,
    valid_from: datetime | None,
) -> int:
    if valid_from is not None and valid_from - datetime.now(UTC) > FURTHEST:
        raise invalid("valid_from_too_far", "valid_from", days=FURTHEST.days)
    if isinstance(policy, QuotePolicy):
        await try_page(policy.page)
    problems = await unfit_references(session, list(references(policy)))
    problems += await _calendars_still_named(session, policy)
    problems += await _values_taken(session, policy)
    if problems:
        raise unfit(kind, problems)
    try:
        version = await publish(
            session, kind, document, by=actor.id, note=note, follows=follows, origin=_origin(publication),
            valid_from=valid_from if valid_from and valid_from > datetime.now(UTC) else None,
        )  # fmt: skip
    except Refused as refused:
        if refused.code == "policy_outdated":
            refused.params["changes"] = await _changes(session, kind, follows, refused.params["version"])
        raise
    if isinstance(policy, PoolPolicy | CalendarPolicy):
        await rearm_all(session, valid_from)
    await announce(session, "policy", kind, version)
    if kind == AllocationPolicy.kind:  # its schedules are kept in step with it, from when it is in force
        await enqueue(session, f"allocation-schedule/{version}", "allocation_schedule", {}, due_at=valid_from)
    return version


async def _changes(session: AsyncSession, kind: str, old: int, new: int) -> dict[str, Any]:
    """What the version differs in from the one somebody knew."""
    known = await documents(session, kind, (old, new))
    return compare(kind, known.get(old, {}), known[new]).model_dump(mode="json")


def _origin(publication: str) -> str:
    return f"policy/{publication}"


async def _calendars_still_named(session: AsyncSession, policy: PolicyDocument) -> list[Problem]:
    """Calendars that a new version leaves out although others count by them: now, later, or in open cases."""
    if not isinstance(policy, CalendarPolicy):
        return []
    named: set[str] = set()
    for counting in (ApprovalPolicy, LeadPolicy, SlaPolicy, PoolPolicy):
        now, _ = await current_policy(session, counting.kind)
        used = await open_cases(session, counting.kind)
        lines = [one for one in await versions(session, counting.kind) if one.version >= now or one.version in used]
        asked = [one for line in lines for one in references(load(counting, line.document))]
        named |= {one.key for one in asked if one.what == "calendar"}
    return [
        Problem(where="calendars", code="calendar_used", what=f"A policy counts by {key}.", params={"key": key})
        for key in sorted(named - policy.calendars.keys())
    ]


async def _values_taken(session: AsyncSession, policy: PolicyDocument) -> list[Problem]:
    """What keeps fields of customers as they are: values of another type, or some there twice that become unique."""
    if not isinstance(policy, CustomerFieldPolicy):
        return []
    was = {field.key: field for field in (await field_policy(session)).fields}
    problems: list[Problem] = []
    for no, field in enumerate(policy.fields):
        before = was.get(field.key, field.model_copy(update={"unique": False}))
        if before.type != field.type:
            what = f"Customers have values in {field.key}: its type stays."
            problems.append(
                Problem(where=f"fields.{no}.type", code="field_type_changed", what=what, params={"key": field.key})
            )
        elif field.unique and not before.unique:
            customers, value = await fill_unique(session, field)
            if customers:
                params: dict[str, JsonValue] = {"customers": customers, "key": field.key, "value": value}
                what = f"{customers} customers repeat another's {field.key}."
                problems.append(Problem(where=f"fields.{no}.unique", code="field_repeats", what=what, params=params))
    return problems


async def publish_defaults(db: Database) -> None:
    """Publishes version 1 of every kind that has none yet; may be called by several processes at once."""
    async with db.session() as session:
        known = set(await session.scalars(select(Policy.kind).distinct()))
        for kind in KINDS:
            if kind not in known:
                document = _first(kind, datetime.now(UTC).year)
                validate(kind, document)
                origin = f"policy/{kind}/default"
                await publish(session, kind, document, by=None, note="default", follows=0, origin=origin)


def _first(kind: str, year: int) -> dict[str, Any]:
    """The default; calendars with China's public holidays and make-up days of this year and the next."""
    default: Mapping[str, Any] = KINDS[kind].default
    if kind != CalendarPolicy.kind:
        return dict(default)
    calendars = {
        key: with_public_holidays(
            calendar, "CN", (year, year + 1), language="zh_CN", workday_name="调休上班"
        ).model_dump(mode="json", exclude_defaults=True)
        for key, calendar in load(CalendarPolicy, default).calendars.items()
    }
    return {**default, "calendars": calendars}
