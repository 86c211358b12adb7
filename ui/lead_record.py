"""One lead with all that its page and side panel show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from api.services import Services
from db.customer import Customer
from db.lead import Lead, sellers
from db.lead_list import find_lead
from db.lead_match import Place, places
from db.person import people_by_id
from db.policy import find_version
from db.process import Process
from db.timeline import line_events
from domain.access import Action, Actor
from domain.contact import readable_phone
from domain.lead import HOWS, OPEN, OUTCOMES, LeadPolicy
from domain.lead_assignment import SELLING, LeadAssignmentPolicy
from domain.money import plain_amount
from domain.policy import load
from domain.refusal import Refused
from locales import N_, translate
from locales.labels import label
from ui.environment import here_with, pages_of
from ui.lead_answer import answered
from ui.lead_match import touches
from ui.lead_words import people_in_why, why_told
from ui.line import workflow_link
from ui.names import names
from ui.policy_words import PolicyWords
from ui.stage import pipelines
from ui.story import MAIN, Story, people_in
from workflows.lead import lead_workflow_id

SHORT = 40
"""Events a page tells; a lead's own line is rarely longer."""
TITLE = 60
"""A message that is no longer names the deal that comes of it."""


async def record(
    request: Request, actor: Actor, services: Services, lead_id: str, *, beside: bool, missing_ok: bool = False
) -> dict[str, Any]:
    """The context of lead/record.html; `shown` is None for a lead that is not to be seen, where that is `missing_ok`.

    Raises Refused (404) otherwise.
    """
    pages = pages_of(request)
    async with services.db.session(actor.id) as session:
        try:
            shown = await find_lead(session, actor, lead_id)
        except Refused:
            if missing_ok:
                return {"shown": None}
            raise
        lead = shown.lead
        process = await session.get(Process, lead_workflow_id(lead_id))
        waits = process.waiting if process else []
        events = await line_events(session, actor, lead_id, MAIN, limit=SHORT)
        turned = await touches(session, lead)
        answers = await answered(session, lead, turned["touches"], pages.formats(request))
        policy, assignment = await _policies(session, process)
        selling = await sellers(session, lead.region_id)
        met = {*people_in(events, waits), *people_in_why(lead.why), *selling, lead.owner_id}
        called = await names(session, pages.language(request), met)
        alike = await _alike(session, actor, lead, pages.language(request))
        customer = await session.get(Customer, shown.lead.customer_id) if shown.lead.customer_id else None
        known = await pipelines(session, pages.language(request))
    settings = services.settings
    formats = pages.formats(request)
    story = Story(formats, called, known, lead.currency)
    words = PolicyWords(formats.language, formats, called)
    may = _may(actor, lead)
    return (
        turned
        | may
        | {
            "shown": shown,
            "beside": beside,
            "next": here_with(request, lead_id) if beside else f"/leads/{lead_id}",
            "answers": answers,
            "customer": customer if actor.scope(Action.CUSTOMER_READ) is not None else None,
            "phone": readable_phone(lead.phone, settings.country) if lead.phone else "",
            "amount_typed": plain_amount(lead.amount, lead.currency) if lead.amount else "",
            "waits": [story.waited(wait) for wait in waits],
            "events": story.told(events),
            "why": why_told(lead.why, assignment, words),
            "options": options(formats.language, policy),
            "alike": alike,
            "pipelines": [(key, name) for key, name in known.choices() if not known.in_force[key].retired],
            "customers": [(one.id, one.title) for one in alike if one.kind == "customer" and one.seen],
            "close_reason": reason_text(policy, lead.close_key, formats.language),
            "sellers": [(person, called.person(person)) for person in selling] if may["may_assign"] else [],
            "title_typed": _title(lead, formats.language),
            "reads_deals": actor.scope(Action.DEAL_READ) is not None,
            "workflow": workflow_link(actor, services.temporal.namespace, process),
            "open_dialog": "",
            "typed": {},
            "errors": {},
        }
    )


def _may(actor: Actor, lead: Lead) -> dict[str, bool]:
    """What this reader may do with it as it stands."""
    works = actor.reaches(Action.LEAD_WORK, owner=lead.owner_id, region=lead.region_id)
    is_open = lead.stage in (*OPEN, "asleep")
    return {
        "may_work": works and is_open,
        "may_qualify": works and is_open and lead.owner_id is not None,
        "may_take": lead.stage == "pooled" and lead.region_id in actor.regions and not actor.roles.isdisjoint(SELLING),
        "may_assign": is_open and actor.reaches(Action.TASK_HAND_ON, owner=None, region=lead.region_id),
        "may_reopen": works and lead.stage == "closed",
    }


async def _policies(session: AsyncSession, process: Process | None) -> tuple[LeadPolicy, LeadAssignmentPolicy]:
    """Those that the lead runs under, or that it would begin with now."""
    pinned = process.policies if process else {}
    found = []
    for kind in (LeadPolicy, LeadAssignmentPolicy):
        document = (await find_version(session, kind.kind, pinned.get(kind.kind))).document
        found.append(load(kind, document))
    policy, assignment = found
    assert isinstance(policy, LeadPolicy)  # noqa: S101 - as they were asked for
    assert isinstance(assignment, LeadAssignmentPolicy)  # noqa: S101
    return policy, assignment


def options(language: str, policy: LeadPolicy) -> dict[str, list[tuple[str, str]]]:
    """What the dialogs offer to choose from."""
    return {
        "hows": [(how, label("how", how, language)) for how in HOWS],
        "outcomes": [(outcome, label("contact_outcome", outcome, language)) for outcome in OUTCOMES],
        "reasons": [(reason.key, reason.name.called(language)) for reason in policy.reasons],
    }


async def task_options(
    session: AsyncSession, actor: Actor, lead: Lead, language: str
) -> dict[str, list[tuple[str, str]]]:
    """What the forms of a lead's tasks offer to choose from."""
    process = await session.get(Process, lead_workflow_id(lead.id))
    policy, _ = await _policies(session, process)
    selling = await sellers(session, lead.region_id)
    people = await people_by_id(session, selling)
    alike = await _alike(session, actor, lead, language)
    return options(language, policy) | {
        "sellers": [(person, people[person].called(language)) for person in selling],
        "matches": [(f"{one.kind}:{one.id}", f"{one.kind_text} {one.title} ({one.why})") for one in alike],
    }


@dataclass(frozen=True)
class Alike:
    """A lead or customer that is likely the same; `seen`: this reader may open it. `why` is what they share."""

    kind: str
    id: str
    title: str
    number: str
    kind_text: str
    why: str
    owner: str
    seen: bool

    @property
    def href(self) -> str:
        return f"/{self.kind}s/{self.id}" if self.seen else ""


async def _alike(session: AsyncSession, actor: Actor, lead: Lead, language: str) -> list[Alike]:
    """Its likely matches, as far as they are still there."""
    found: dict[tuple[str, str], Place] = {}
    for kind in ("lead", "customer"):
        ids = [match["id"] for match in lead.matches if match["kind"] == kind]
        for place in await places(session, kind, ids) if ids else []:
            found.setdefault((kind, place.id), place)
    people = await people_by_id(session, {place.owner_id for place in found.values() if place.owner_id})
    shown = []
    for match in lead.matches:
        if (match["kind"], match["id"]) not in found:
            continue
        place = found[match["kind"], match["id"]]
        person = people.get(place.owner_id or "")
        read = Action.LEAD_READ if place.kind == "lead" else Action.CUSTOMER_READ
        shown.append(
            Alike(
                kind=place.kind, id=place.id, title=place.title, number=place.number,
                kind_text=label("process", place.kind, language) if place.kind == "lead" else _customer(language),
                why=translate(language).gettext(N_(", ")).join(label("shared", why, language) for why in match["why"]),
                owner=person.called(language) if person else "",
                seen=actor.reaches(read, owner=place.owner_id, region=place.region_id),
            )
        )  # fmt: skip
    return shown


def _customer(language: str) -> str:
    return translate(language).gettext(N_("Customer"))


def reason_text(policy: LeadPolicy, key: str | None, language: str) -> str:
    reason = policy.reason(key) if key else None
    return reason.name.called(language) if reason else ""


def _title(lead: Lead, language: str) -> str:
    """What the deal may be called, so that nobody types what is known: what they want, or who they are."""
    wanted = (lead.message or "").strip().splitlines()
    return (wanted[0] if wanted and len(wanted[0]) <= TITLE else lead.company)[:TITLE]
