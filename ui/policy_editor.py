"""What the editor of a policy works on: the draft, or what it begins from; and what is to be said about it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api.problem import named, worded
from api.services import Services
from db.pipeline import stages_in_use
from db.policy import Policy, find_version, versions
from db.policy_draft import PolicyDraft, find_draft
from domain.access import Action, Actor
from domain.approval import ApprovalPolicy
from domain.approver import PersonApprover
from domain.document import PolicyDocument
from domain.lead_assignment import LeadAssignmentPolicy
from domain.pipeline import is_pipeline, pipeline_key
from domain.policy import known_model, load, model_of
from domain.policy_check import Findings
from domain.policy_draft import has_table
from domain.policy_trial import Case
from domain.refusal import Refused, not_found
from locales import N_
from ui.acting import say
from ui.environment import pages_of
from ui.lead_words import people_in_group
from ui.names import Names, names
from ui.pipeline_words import base_kind, lines, policy_name, removed
from ui.policy_sheet import sheet, steps_of
from ui.policy_words import PolicyWords, people_in
from ui.problem_words import ProblemWords, readable_columns
from ui.render import fragment, page, redirect, wants_fragment


@dataclass(frozen=True)
class Editing:
    """`revision` is 0 while there is no draft: then `document` is the version in force."""

    kind: str
    document: dict[str, Any]
    revision: int
    draft: PolicyDraft | None
    current: Policy
    versions: Sequence[Policy]
    called: Names

    @property
    def newest(self) -> int:
        return self.versions[0].version

    @property
    def waiting(self) -> list[Policy]:
        """Later versions whose day has not come."""
        return [policy for policy in self.versions if policy.version > self.current.version]

    @property
    def overtaken(self) -> bool:
        """Whether somebody published since the draft was begun."""
        return self.draft is not None and self.draft.based_on != self.newest

    @property
    def policy(self) -> PolicyDocument | None:
        try:
            return load(known_model(self.kind), self.document)
        except Refused:
            return None


async def editing(request: Request, services: Services, actor: Actor, kind: str) -> Editing:
    """Raises Refused: 403, 404 for a kind there is not."""
    actor.require(Action.POLICY_MANAGE)
    if model_of(kind) is None:
        raise not_found("policy")
    async with services.db.session(actor.id) as session:
        draft = await find_draft(session, kind)
        current = await find_version(session, kind)
        known = await versions(session, kind)
        document = draft.document if draft else current.document
        met = {one.published_by for one in known} | {draft.changed_by if draft else None} | people_named(kind, document)
        called = await (await names(session, pages_of(request).language(request), met)).with_pools(session)
    return Editing(kind, document, draft.revision if draft else 0, draft, current, known, called)


def people_named(kind: str, document: dict[str, Any]) -> set[str]:
    """The people a draft names, also one that is no valid policy."""
    try:
        return people_in(load(known_model(kind), document))
    except Refused:
        table = document.get("table")
        rows = table.get("rows", ()) if isinstance(table, dict) else ()
        if kind == LeadAssignmentPolicy.kind:
            return set().union(*(people_in_group(row.get("then")) for row in rows if isinstance(row, dict)))
        if kind != ApprovalPolicy.kind:
            return set()
        steps = [step for row in rows if isinstance(row, dict) for step in steps_of(row)]
        asked = [one for step in steps for one in (*step.who, *step.copy_to)]
        return {one.person for one in asked if isinstance(one, PersonApprover) and one.known}


def words_for(request: Request, called: Names) -> PolicyWords:
    pages = pages_of(request)
    return PolicyWords(pages.language(request), pages.formats(request), called)


async def show_editor(
    request: Request, services: Services, actor: Actor, kind: str, *, status: int = 200, **more: Any
) -> Response:
    """The editor, or for htmx its block; `more`: error, and what was typed into the publication form."""
    now = await editing(request, services, actor, kind)
    words = words_for(request, now.called)
    found = await services.policy_drafts.check(actor, kind, now.document)
    trial, cases = None, dict[str, Case]()
    if kind == ApprovalPolicy.kind and now.policy is not None:
        trial, cases = await services.policy_drafts.trial(actor, kind, now.document)
    context: dict[str, Any] = {
        "editing": now,
        "kind": kind,
        "policy": now.policy,
        "base": base_kind(kind),
        "title": policy_name(kind, now.current.document, words.language),
        **await _stages(services, actor, now, words),
        "words": words,
        "sheet": sheet(now.document, words) if has_table(now.document) else None,
        "found": found,
        "marked": _marked(found),
        "said": ProblemWords(words, readable_columns(now.document)),
        "trial": trial,
        "cases": cases,
        "error": "",
        "errors": {},
        "typed": {"note": now.draft.note if now.draft else "", "valid_from": ""},
    }
    block = {"template": "policy/edit.html", "block": "editor"}
    if wants_fragment(request):
        return await fragment(request, **block, status=status, **context | more)
    return await page(request, "policy/edit.html", status=status, **context | more)


async def _stages(services: Services, actor: Actor, now: Editing, words: PolicyWords) -> dict[str, Any]:
    """Of a pipeline: its stages, and those that go although deals stand in them."""
    if not is_pipeline(now.kind):
        return {}
    async with services.db.session(actor.id) as session:
        deals = await stages_in_use(session, pipeline_key(now.kind))
    return {
        "stage_lines": lines(now.document, words, deals),
        "stages_removed": removed(now.document, now.current.document, words, deals),
    }


def _marked(found: Findings) -> dict[int, str]:
    """Rows, by their place, that something is wrong (bad) or odd (warn) with."""
    states = [(problem, "warn") for problem in found.warnings] + [(problem, "bad") for problem in found.problems]
    places = [(problem.where.split("."), state) for problem, state in states]
    return {
        int(at[2]): state for at, state in places if at[:2] == ["table", "rows"] and len(at) > 2 and at[2].isdigit()
    }


async def changed(
    request: Request, services: Services, actor: Actor, kind: str, document: dict[str, Any], revision: int
) -> Response:
    """Keeps an edit and shows the editor anew; a stale page gets the draft as it is now, and hears who changed it."""
    try:
        await services.policy_drafts.save(actor, kind, document, revision=revision)
    except Refused as refused:
        return await refusal_shown(request, services, actor, kind, refused)
    return await shown_again(request, services, actor, kind)


async def refusal_shown(
    request: Request, services: Services, actor: Actor, kind: str, refused: Refused, **more: Any
) -> Response:

    if refused.status not in (409, 422) or refused.code == "not_found":
        raise refused
    text = worded(request, await named(request, refused))
    return await show_editor(request, services, actor, kind, status=refused.status, error=text, **more)


async def shown_again(request: Request, services: Services, actor: Actor, kind: str, said: str = "") -> Response:
    if wants_fragment(request):
        return await show_editor(request, services, actor, kind)
    return redirect(request, f"/policies/{kind}/edit", said)


def kept(request: Request, kind: str) -> Response:
    """After a form of its own: back to the editor, which says that it is kept."""
    return redirect(request, f"/policies/{kind}/edit", say(request, N_("Kept in the draft.")))


def new_row_id() -> str:
    return f"r_{secrets.token_hex(5)}"


def drafted_name(one: Mapping[str, Any], language: str) -> str:
    """What something of a draft is called, by its key where the draft has no name for it yet."""
    name = one.get("name")
    named = name if isinstance(name, dict) else {}
    return str(named.get("en" if language == "en" else "zh") or one.get("key", ""))
