"""One task as the side panel and its own page show it: its case, whose turn it is, and what one typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Literal

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse

from api.services import services_of
from db.collection_case import CollectionCase, find_case
from db.contract import Approval, Contract
from db.deal import Deal
from db.extension import Extension
from db.lead_list import Listed as LeadCase
from db.lead_list import find_lead
from db.person import Person
from db.process import Task
from db.quote import Invoice
from db.scope import visible
from db.signing import Signature, Signing, signatures_of
from db.subject import SubjectCase, subject_case
from db.task import Listed, find_task
from db.ticket import Ticket
from db.ticket_clock import TicketClockRow, clocks_of
from domain.access import Action, Actor, person_in
from domain.contact import readable_phone
from domain.money import plain_amount
from domain.task import holds, on_behalf, taken_by_other
from ui.approval_case import ApprovalCase, read_case
from ui.approval_panel import ApprovalPanel
from ui.contact import addressees
from ui.contract_submission import Submission, submission_form
from ui.contract_term_panel import TermShown, read_term
from ui.environment import pages_of
from ui.lead_record import task_options
from ui.names import Names, names
from ui.policy_words import PolicyWords
from ui.render import fragment, page, wants_fragment
from ui.returned import Returned, read_returned
from ui.stage import StageView, pipelines
from ui.subject import behind

Standing = Literal["turn", "sending", "done", "cancelled", "claimed", "own", "others"]
"""Whether this reader may act now, and if not, why."""


@dataclass(frozen=True)
class TaskPanel:
    """`number` is what people call its case by; `aside`: beside its list; `fresh`: opened by itself.

    `errors` and `typed` are those of a form that is shown again, in the `dialog` it stands in; `behalf_of` is the
    absent person in whose place the reader has the task. `proves`: the reader has a second factor.
    """

    row: Listed
    number: str
    standing: Standing
    names: Names
    path: Literal["/inbox", "/tasks"]
    aside: bool
    fresh: bool = False
    dialog: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    typed: Mapping[str, Any] = field(default_factory=dict)
    case: ApprovalCase | None = None
    about: SubjectCase | None = None
    lead: LeadCase | None = None
    deal: Deal | None = None
    stage: StageView | None = None
    invoice: Invoice | None = None
    signing: Signing | None = None
    places: Sequence[Signature] = ()
    addressees: Sequence[tuple[str, str]] = ()
    proves: bool = False
    returned: Returned | None = None
    ticket: Ticket | None = None
    extension: Extension | None = None
    clocks: Sequence[TicketClockRow] = ()
    submission: Submission | None = None
    term: TermShown | None = None
    phone: str = ""
    lead_options: Mapping[str, list[tuple[str, str]]] = field(default_factory=dict)
    plan: CollectionCase | None = None
    today: date | None = None
    reads_policies: bool = False
    behalf_of: str | None = None

    @property
    def task(self) -> Task:
        return self.row.task

    @property
    def approval(self) -> ApprovalPanel | None:
        return self.case.shown if self.case else None

    @property
    def versions(self) -> list[dict[str, Any]]:
        """What was submitted of its contract, the newest first."""
        said = self.about.subject.versions if self.about else ()
        return [{**one, "at": datetime.fromisoformat(one["at"])} for one in reversed(said)]

    @property
    def href(self) -> str:
        """The page of the record behind it."""
        if self.about:
            return behind(self.about)
        if self.deal:
            return f"/deals/{self.deal.id}"
        return f"/{self.task.process_kind}s/{self.task.record_id}"

    @property
    def amount(self) -> str:
        """What an amount field starts with: what the case is about, as somebody would type it."""
        if self.plan:
            open_ = next((i for i in self.plan.instalments if i.no == self.task.params.get("no")), None)
            if open_ is None:
                return ""
            left = open_.amount - open_.paid - open_.credited - open_.written_off
            return plain_amount(left, self.plan.collection.currency)
        return plain_amount(self.about.subject.amount, self.about.subject.currency) if self.about else ""


async def read_panel(
    session: AsyncSession,
    request: Request,
    actor: Actor,
    task_id: str,
    *,
    aside: bool,
    sending: bool = False,
    opened: bool = False,
    **more: Any,
) -> TaskPanel:
    """`sending`: it was decided, but the row does not show it yet; `opened`: the reader comes to it anew.

    Raises Refused (404).
    """
    row = await find_task(session, actor, task_id)
    standing = standing_of(row.task, actor, sending=sending)
    case = await _case(session, request, actor, row.task, yours=standing == "turn", opened=opened)
    formats = pages_of(request).formats(request)
    return TaskPanel(
        row,
        standing=standing,
        path="/inbox" if row.task.kind == "approve" else "/tasks",
        aside=aside,
        today=formats.local(datetime.now(UTC)).date(),
        reads_policies=actor.scope(Action.POLICY_READ) is not None,
        behalf_of=on_behalf(row.task, actor),
        **case,
        **more,
    )


async def _case(
    session: AsyncSession, request: Request, actor: Actor, task: Task, *, yours: bool, opened: bool
) -> dict[str, Any]:
    """What the task is about, by the kind of its process."""
    reader = pages_of(request)
    language, formats = reader.language(request), reader.formats(request)
    people = {task.claimed_by, task.decided_by, task.decided_for, on_behalf(task, actor)}
    people |= {task.from_id, *(person_in(key) for key in task.holders)}
    if task.process_kind == "lead":
        lead = await find_lead(session, actor, task.record_id)
        called = await names(session, language, people)
        offered = await task_options(session, actor, lead.lead, language)
        return {
            "lead": lead, "number": lead.lead.number, "phone": _phone(request, lead.lead.phone), "names": called,
            "lead_options": offered,
        }  # fmt: skip
    if task.process_kind == "deal":
        deal: Deal = await visible(session, actor, "deal", task.record_id)
        known = await pipelines(session, language, key=deal.pipeline_key)
        called = await names(session, language, people | {deal.owner_id})
        return {"deal": deal, "stage": known.stage(deal.stage), "number": deal.number, "names": called}
    if task.process_kind == "invoice":
        invoice: Invoice = await visible(session, actor, "invoice", task.record_id)
        deal = await session.get_one(Deal, invoice.deal_id)
        called = await names(session, language, people)
        return {"invoice": invoice, "deal": deal, "number": invoice.number, "names": called}
    if task.process_kind == "signing":
        signing: Signing = await visible(session, actor, "signing", task.record_id)
        about = await subject_case(session, "contract", signing.contract_id)
        places = await signatures_of(session, [signing.id])
        called = await names(session, language, people | {who for one in places for who in one.people})
        person = await session.get(Person, actor.id)
        chooses = task.kind == "choose_signatory"
        return {
            "signing": signing, "about": about, "number": signing.number, "names": called, "places": places,
            "proves": person is not None and person.totp_secret is not None,
            "addressees": await addressees(session, actor, signing.customer_id) if chooses else (),
        }  # fmt: skip
    if task.process_kind == "ticket":
        ticket: Ticket = await visible(session, actor, "ticket", task.record_id)
        return {
            "ticket": ticket, "number": ticket.number, "clocks": await clocks_of(session, ticket.id),
            "names": await names(session, language, people | {ticket.assignee_id}),
        }  # fmt: skip
    if task.process_kind == "extension":
        extension = await session.get_one(Extension, task.record_id)
        return {"extension": extension, "number": "", "names": await names(session, language, people)}
    if task.process_kind == "contract_term":
        about = await subject_case(session, "contract", task.record_id)
        term = await read_term(session, request, actor, await session.get_one(Contract, task.record_id))
        called = await names(session, language, people | (about.people.keys() if about else set()))
        return {"about": about, "term": term, "number": about.subject.number if about else "", "names": called}
    if task.process_kind == "collection":
        plan = await find_case(session, actor, task.record_id)
        return {"plan": plan, "number": plan.collection.number, "names": await names(session, language, people)}
    approval = await session.get(Approval, task.record_id) if task.process_kind == "approval" else None
    subject = (approval.subject_kind, approval.subject_id) if approval else (task.process_kind, task.record_id)
    about = await subject_case(session, *subject)
    submits = task.kind == "submit_contract" and about is not None
    returned = await read_returned(session, about, language) if submits and about else None
    people |= (about.people.keys() if about else set()) | (returned.people if returned else set())
    called = await names(session, language, people)
    words = PolicyWords(language, formats, called)
    if approval is None or about is None:
        number = about.subject.number if about else ""
        asked = await submission_form(session, words) if submits else None
        return {"about": about, "number": number, "names": called, "returned": returned, "submission": asked}
    mine = task.id if yours and task.kind == "approve" else ""
    case = await read_case(session, actor, approval, about, words, mine=mine, opened=opened)
    return {"about": about, "case": case, "number": approval.number, "names": called}


def standing_of(task: Task, actor: Actor, *, sending: bool = False) -> Standing:
    """The process decides by the same rules (domain.task); here they say what to show."""
    if task.status != "open":
        return "done" if task.status == "done" else "cancelled"
    if sending:
        return "sending"
    if not holds(task, actor):
        return "others"
    if task.kind == "approve" and task.from_id == actor.id:
        return "own"
    return "claimed" if taken_by_other(task, actor) else "turn"


def _phone(request: Request, number: str | None) -> str:
    return readable_phone(number, services_of(request).settings.country) if number else ""


async def show_panel(request: Request, panel: TaskPanel, *, status: int = 200) -> HTMLResponse:
    """Alone for the list's page, else as a page of its own."""
    if wants_fragment(request):
        return await fragment(request, "task/page.html", "record", status=status, panel=panel)
    return await page(request, "task/page.html", status=status, panel=panel)
