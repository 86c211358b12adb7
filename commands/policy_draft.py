"""Drafts of policies: kept between people and days, checked at any time, published by commands.policy."""

from __future__ import annotations

import asyncio
from typing import Any

from pydantic_core import from_json

from db.audit import record
from db.engine import Database
from db.live import announce
from db.policy import current_policy, find_version
from db.policy_draft import PolicyDraft, draft_to_change, find_draft, newest_version, write_draft
from db.policy_reference import nobody_there, unfit_references
from db.policy_use import newest_requests
from domain.access import Action, Actor
from domain.approval import ApprovalPolicy, Route, Step
from domain.decision_table import Decision
from domain.policy import canonical, load, require_kind
from domain.policy_check import Findings, examine, references
from domain.policy_trial import Case, Trial, compare_on
from domain.refusal import invalid

CASES = 200
"""Real requests that a draft is tried on."""


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
            follows = draft.based_on if draft else await newest_version(session, kind)
            follows = follows if based_on is None else based_on
            said = note if note is not None else draft.note if draft else ""
            draft = await write_draft(session, kind, document, based_on=follows, note=said, by=actor.id)
            await announce(session, "policy_draft", kind, draft.revision)
        return draft

    async def begin(self, actor: Actor, kind: str, version: int, *, revision: int) -> PolicyDraft:
        """A draft with an earlier version's document, to follow the newest: the way back to it. Raises Refused."""
        actor.require(Action.POLICY_MANAGE)
        async with self.db.session(actor.id) as session:
            found = await find_version(session, kind, version)
            newest = await newest_version(session, kind)
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
            unfit = await unfit_references(session, named)
            nobody = await nobody_there(session, named)
        return found.model_copy(update={"problems": (*found.problems, *unfit), "warnings": (*found.warnings, *nobody)})

    def try_on(
        self, actor: Actor, kind: str, document: dict[str, Any], facts: dict[str, Any]
    ) -> tuple[Decision[Route], list[tuple[str, Step]]]:
        """What an approval policy says of one request, and its steps, each with the row that asks for it.

        Raises Refused: 403, 422 policy_invalid, and as ApprovalPolicy.route does.
        """
        actor.require(Action.POLICY_MANAGE)
        return _approval(kind, document).route(facts)

    async def trial(
        self, actor: Actor, kind: str, document: dict[str, Any], *, most: int = CASES
    ) -> tuple[Trial, dict[str, Case]]:
        """What an approval policy would change for the newest requests, and these by id.

        Raises Refused: 403, 422 policy_invalid.
        """
        actor.require(Action.POLICY_MANAGE)
        draft = _approval(kind, document)
        async with self.db.session(actor.id) as session:
            _, current = await current_policy(session, kind)
            cases = await newest_requests(session, most)
        trial = await asyncio.to_thread(compare_on, cases, load(ApprovalPolicy, current), draft)
        return trial, {case.id: case for case in cases}


def _same(known: PolicyDraft, actor: Actor, document: dict[str, Any], based_on: int | None, note: str | None) -> bool:
    """Whether this person has written exactly this last: sent twice is written once."""
    written = (known.changed_by, known.document, known.based_on, known.note)
    return written == (
        actor.id,
        document,
        known.based_on if based_on is None else based_on,
        known.note if note is None else note,
    )


def _approval(kind: str, document: dict[str, Any]) -> ApprovalPolicy:
    if kind != ApprovalPolicy.kind:
        raise invalid("policy_not_tried", "kind")
    return load(ApprovalPolicy, document)


def _readable(document: dict[str, Any]) -> None:
    """As the answer that shows it will be read: that is also not nested too deep."""
    try:
        from_json(canonical(document).encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise invalid("document_unreadable", "document") from error
