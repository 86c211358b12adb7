"""What a task is about, as its panel shows it: read by the kind of its process."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from api.services import services_of
from db.collection_case import find_case
from db.contract import Approval, Contract
from db.deal import Deal
from db.extension import Extension
from db.lead_list import find_lead
from db.person import Person
from db.process import Task
from db.quote import Invoice
from db.scope import visible
from db.signing import Signing, signatures_of
from db.subject import subject_case
from db.ticket import Ticket
from db.ticket_clock import clocks_of
from domain.access import Actor, person_in
from domain.contact import readable_phone
from domain.task import on_behalf
from ui.approval_case import read_case
from ui.contact import addressees
from ui.contract_submission import submission_form
from ui.contract_term_panel import read_term
from ui.environment import pages_of
from ui.lead_record import task_options
from ui.names import Names, names
from ui.policy_words import PolicyWords
from ui.returned import read_returned
from ui.stage import pipelines

Case = dict[str, Any]
"""The fields of a `TaskPanel` that this kind has, its `number` and `names` among them."""


@dataclass(frozen=True)
class _Reading:
    """One reader's look at one task. `yours`: it is their turn; `opened`: they come to it anew."""

    session: AsyncSession
    request: Request
    actor: Actor
    task: Task
    yours: bool
    opened: bool

    @property
    def language(self) -> str:
        return pages_of(self.request).language(self.request)

    async def names(self, others: Iterable[str | None] = ()) -> Names:
        """Of the task's own people, and of others."""
        task = self.task
        people = {task.claimed_by, task.decided_by, task.decided_for, on_behalf(task, self.actor), task.from_id}
        people |= {person_in(key) for key in task.holders}
        return await names(self.session, self.language, people.union(others))


async def read_task_case(
    session: AsyncSession, request: Request, actor: Actor, task: Task, *, yours: bool, opened: bool
) -> Case:
    """Raises Refused (404)."""
    return await _KINDS.get(task.process_kind, _subject)(_Reading(session, request, actor, task, yours, opened))


async def _lead(read: _Reading) -> Case:
    lead = await find_lead(read.session, read.actor, read.task.record_id)
    phone, country = lead.lead.phone, services_of(read.request).settings.country
    return {
        "lead": lead, "number": lead.lead.number, "phone": readable_phone(phone, country) if phone else "",
        "names": await read.names(),
        "lead_options": await task_options(read.session, read.actor, lead.lead, read.language),
    }  # fmt: skip


async def _deal(read: _Reading) -> Case:
    deal: Deal = await visible(read.session, read.actor, "deal", read.task.record_id)
    known = await pipelines(read.session, read.language, key=deal.pipeline_key)
    called = await read.names([deal.owner_id])
    return {"deal": deal, "stage": known.stage(deal.stage), "number": deal.number, "names": called}


async def _invoice(read: _Reading) -> Case:
    invoice: Invoice = await visible(read.session, read.actor, "invoice", read.task.record_id)
    deal = await read.session.get_one(Deal, invoice.deal_id)
    return {"invoice": invoice, "deal": deal, "number": invoice.number, "names": await read.names()}


async def _signing(read: _Reading) -> Case:
    session, actor = read.session, read.actor
    signing: Signing = await visible(session, actor, "signing", read.task.record_id)
    places = await signatures_of(session, [signing.id])
    person = await session.get(Person, actor.id)
    chooses = read.task.kind == "choose_signatory"
    return {
        "signing": signing, "about": await subject_case(session, "contract", signing.contract_id),
        "number": signing.number, "names": await read.names(who for one in places for who in one.people),
        "places": places, "proves": person is not None and person.totp_secret is not None,
        "addressees": await addressees(session, actor, signing.customer_id) if chooses else (),
    }  # fmt: skip


async def _ticket(read: _Reading) -> Case:
    ticket: Ticket = await visible(read.session, read.actor, "ticket", read.task.record_id)
    clocks, called = await clocks_of(read.session, ticket.id), await read.names([ticket.assignee_id])
    return {"ticket": ticket, "number": ticket.number, "clocks": clocks, "names": called}


async def _extension(read: _Reading) -> Case:
    extension = await read.session.get_one(Extension, read.task.record_id)
    return {"extension": extension, "number": "", "names": await read.names()}


async def _contract_term(read: _Reading) -> Case:
    session, contract_id = read.session, read.task.record_id
    about = await subject_case(session, "contract", contract_id)
    term = await read_term(session, read.request, read.actor, await session.get_one(Contract, contract_id))
    called = await read.names(about.people if about else ())
    return {"about": about, "term": term, "number": about.subject.number if about else "", "names": called}


async def _collection(read: _Reading) -> Case:
    plan = await find_case(read.session, read.actor, read.task.record_id)
    return {"plan": plan, "number": plan.collection.number, "names": await read.names()}


async def _approval(read: _Reading) -> Case:
    session, task = read.session, read.task
    approval = await session.get(Approval, task.record_id)
    about = await subject_case(session, approval.subject_kind, approval.subject_id) if approval else None
    if approval is None or about is None:  # their rows come with their own processes
        return {"about": None, "number": "", "names": await read.names()}
    called = await read.names(about.people)
    words = PolicyWords(read.language, pages_of(read.request).formats(read.request), called)
    mine = task.id if read.yours and task.kind == "approve" else ""
    case = await read_case(session, read.actor, approval, about, words, mine=mine, opened=read.opened)
    return {"about": about, "case": case, "number": approval.number, "names": called}


async def _subject(read: _Reading) -> Case:
    """Of what goes through approvals: a contract that is to be submitted (again), for one."""
    session, task = read.session, read.task
    about = await subject_case(session, task.process_kind, task.record_id)
    submits = task.kind == "submit_contract" and about is not None
    returned = await read_returned(session, about, read.language) if submits and about else None
    people = {*(about.people if about else ()), *(returned.people if returned else ())}
    called = await read.names(people)
    words = PolicyWords(read.language, pages_of(read.request).formats(read.request), called)
    asked = await submission_form(session, words) if submits else None
    number = about.subject.number if about else ""
    return {"about": about, "number": number, "names": called, "returned": returned, "submission": asked}


_KINDS: Mapping[str, Callable[[_Reading], Awaitable[Case]]] = {
    "approval": _approval, "collection": _collection, "contract_term": _contract_term, "deal": _deal,
    "extension": _extension, "invoice": _invoice, "lead": _lead, "signing": _signing, "ticket": _ticket,
}  # fmt: skip
