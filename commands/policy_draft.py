"""Drafts of policies: kept between people and days, checked at any time, published by commands.policy."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit import record
from db.engine import Database
from db.live import announce
from db.policy import Policy, find_version
from db.policy_draft import PolicyDraft, draft_to_change, find_draft, write_draft
from db.policy_reference import nobody_there, unknown_calendars
from domain.access import Action, Actor
from domain.policy import canonical, require_kind
from domain.policy_check import Findings, examine, references
from domain.refusal import invalid


class PolicyDrafts:
    def __init__(self, db: Database) -> None:
        self.db = db

    async def save(
        self,
        actor: Actor,
        kind: str,
        document: dict[str, Any],
        *,
        revision: int,
        based_on: int | None = None,
        note: str | None = None,
    ) -> PolicyDraft:
        """Keeps the document, fit to be published or not. `revision` is the draft's as the writer knows it, 0 for none.

        Without `based_on` it follows what it followed so far, a new draft the newest version; without `note` that
        stays. Writing what is there already changes nothing. Raises Refused: 403; 422 for what is no JSON or an unknown
        kind; 409 draft_changed, by whom.
        """
        actor.require(Action.POLICY_MANAGE)
        require_kind(kind)
        _readable(document)
        async with self.db.session(actor.id) as session:
            known = await find_draft(session, kind)
            if known and _same(known, actor, document, based_on, note):
                return known
            draft = await draft_to_change(session, kind, revision)
            follows = based_on if based_on is not None else draft.based_on if draft else await _newest(session, kind)
            said = note if note is not None else draft.note if draft else ""
            draft = await write_draft(session, kind, document, based_on=follows, note=said, by=actor.id)
            await announce(session, "policy_draft", kind, draft.revision)
        return draft

    async def begin(self, actor: Actor, kind: str, version: int, *, revision: int) -> PolicyDraft:
        """A draft with an earlier version's document, to follow the newest: the way back to it. Raises Refused."""
        actor.require(Action.POLICY_MANAGE)
        async with self.db.session(actor.id) as session:
            found = await find_version(session, kind, version)
            newest = await _newest(session, kind)
        return await self.save(actor, kind, found.document, revision=revision, based_on=newest, note="")

    async def discard(self, actor: Actor, kind: str, *, revision: int) -> None:
        """Raises Refused: 403, 409 draft_changed. What is not there need not be thrown away."""
        actor.require(Action.POLICY_MANAGE)
        async with self.db.session(actor.id) as session:
            if await find_draft(session, kind) is None:
                return
            draft = await draft_to_change(session, kind, revision)
            await session.delete(draft)
            await record(session, actor.id, "DiscardPolicyDraft", f"policy/{kind}")
            await announce(session, "policy_draft", kind, revision)

    async def check(self, actor: Actor, kind: str, document: dict[str, Any]) -> Findings:
        """All that is to be said of it before it is published. Raises Refused (403, 422 for an unknown kind)."""
        actor.require(Action.POLICY_MANAGE)
        # Seconds for tables at the limits, and nobody else should wait for it.
        policy, found = await asyncio.to_thread(examine, kind, document)
        if policy is None:
            return found
        named = list(references(policy))
        async with self.db.session(actor.id) as session:
            unknown = await unknown_calendars(session, named)
            nobody = await nobody_there(session, named)
        return found.model_copy(
            update={"problems": (*found.problems, *unknown), "warnings": (*found.warnings, *nobody)}
        )


def _same(known: PolicyDraft, actor: Actor, document: dict[str, Any], based_on: int | None, note: str | None) -> bool:
    """Whether this person has written exactly this last: sent twice is written once."""
    written = (known.changed_by, known.document, known.based_on, known.note)
    return written == (
        actor.id,
        document,
        known.based_on if based_on is None else based_on,
        known.note if note is None else note,
    )


async def _newest(session: AsyncSession, kind: str) -> int:
    return await session.scalar(select(func.max(Policy.version)).where(Policy.kind == kind)) or 0


def _readable(document: dict[str, Any]) -> None:
    try:
        canonical(document).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise invalid("document_unreadable", "document") from error
