"""Tasks in a browser: read beside their list or as a page, claimed, released, or done with a short form."""

from datetime import date
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field, StringConstraints
from starlette.responses import RedirectResponse, Response

from api.auth import CurrentActor, Visiting, require
from api.services import Provided
from db.process import Task
from domain.access import Action
from domain.ids import RecordId
from domain.lead import How, Outcome
from domain.money import LARGEST, parse_amount
from domain.process import Answer
from domain.text import ON_ONE_LINE
from locales import N_
from ui.acting import kept_file
from ui.acting import typed as form_typed
from ui.contract_submission import read_submission
from ui.contract_term import send_decision
from ui.contract_term_panel import DecisionTyped, TermTyped
from ui.render import refreshed, wants_fragment
from ui.task_form import Acting
from ui.task_panel import read_panel, show_panel

router = APIRouter(include_in_schema=False, dependencies=[Depends(require(Action.TASK_WORK))])

Act = Annotated[Acting, Depends()]
Remark = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000)]


class Contact(BaseModel):
    how: How
    outcome: Outcome = "reached"
    note: Remark = ""


class Gift(BaseModel):
    to: RecordId


class Review(BaseModel):
    """`match` is lead:<id>, customer:<id> or new."""

    match: Annotated[str, Field(pattern=r"^(new|(lead|customer):[0-9a-f-]{36})$")]


class Submission(BaseModel):
    version: Annotated[int, Field(ge=1, le=2**31 - 1)]
    amount: str = Field(max_length=40)
    note: Remark = ""


class InvoiceTyped(BaseModel):
    invoice_title: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    tax_number: Annotated[str, Field(max_length=40)] = ""
    note: Remark = ""


class Payment(BaseModel):
    amount: str = Field(max_length=40)
    received_on: date
    reference: Annotated[str, Field(max_length=200), ON_ONE_LINE] = ""
    paid_before: int | None = Field(None, ge=0, le=LARGEST)


class Signed(BaseModel):
    document: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    password: Annotated[str, Field(max_length=1_000)] = ""
    code: Annotated[str, Field(max_length=20)] = ""


class Chosen(BaseModel):
    contact_id: RecordId
    language: Literal["", "zh_CN", "en"] = ""


class Finish(BaseModel):
    comment: Remark = ""


@router.get("/inbox/{task_id}")
@router.get("/tasks/{task_id}")
async def read(
    request: Request, task_id: RecordId, actor: CurrentActor, services: Provided, sent: bool = False
) -> Response:
    """`sent`: what was decided is not in the row yet; the panel asks again until it is.

    A notice links to any task alike; the page of an approval is one of the inbox.
    """
    async with services.db.session(actor.id) as session:
        aside, opened = wants_fragment(request), not refreshed(request)
        panel = await read_panel(session, request, actor, task_id, aside=aside, sending=sent, opened=opened)
    if not panel.aside and not request.url.path.startswith(panel.path):
        return RedirectResponse(f"{panel.path}/{task_id}?{request.url.query}".rstrip("?"), 303)
    return await show_panel(request, panel)


@router.post("/tasks/{task_id}/contact")
async def contact(acting: Act) -> Response:
    async def act(typed: Contact, task: Task) -> Answer:
        return await acting.services.leads.contact(
            acting.actor, acting.key, task.record_id, how=typed.how, note=typed.note, outcome=typed.outcome
        )

    return await acting.do(Contact, act, N_("First contact logged: %(title)s"))


@router.post("/tasks/{task_id}/assign")
async def assign_lead(acting: Act) -> Response:
    async def act(typed: Gift, task: Task) -> Answer:
        return await acting.services.leads.assign(acting.actor, acting.key, task.record_id, to=typed.to)

    return await acting.do(Gift, act, N_("Given to somebody: %(title)s"))


@router.post("/tasks/{task_id}/review")
async def review_match(acting: Act) -> Response:
    async def act(typed: Review, task: Task) -> Answer:
        kind, _, same = typed.match.partition(":")
        match = {"kind": kind, "same": same} if same else {}
        return await acting.services.leads.review(acting.actor, acting.key, task.id, **match)

    return await acting.do(Review, act, N_("Decided: %(title)s"))


@router.post("/tasks/{task_id}/contract")
async def submit_contract(acting: Act) -> Response:
    async def act(typed: Submission, task: Task) -> Answer:
        amount = parse_amount(typed.amount, acting.services.settings.currency)
        return await acting.services.contracts.submit(
            acting.actor, acting.key, task.record_id,
            version=typed.version, amount=amount, note=typed.note or None,
            document=await kept_file(acting.request, acting.actor, acting.services),
            **await read_submission(acting.request, acting.services, await form_typed(acting.request)),
        )  # fmt: skip

    return await acting.do(Submission, act, N_("Submitted for approval: %(title)s"))


@router.post("/tasks/{task_id}/payment")
async def record_payment(acting: Act) -> Response:
    async def act(typed: Payment, task: Task) -> Answer:
        amount = parse_amount(typed.amount, acting.services.settings.currency)
        return await acting.services.collections.record_payment(
            acting.actor, acting.key, task.record_id,
            amount=amount, received_on=typed.received_on, reference=typed.reference or None,
            paid_before=typed.paid_before,
        )  # fmt: skip

    return await acting.do(Payment, act, N_("Payment recorded: %(title)s"))


@router.post("/tasks/{task_id}/finish")
async def finish(acting: Act) -> Response:
    async def act(typed: Finish, task: Task) -> Answer:
        tasks = acting.services.tasks
        return await tasks.finish(acting.actor, acting.key, task.id, comment=typed.comment or None)

    return await acting.do(Finish, act, N_("Done: %(title)s"))


@router.post("/tasks/{task_id}/invoice")
async def prepare_invoice(acting: Act) -> Response:
    async def act(typed: InvoiceTyped, task: Task) -> Answer:
        return await acting.services.invoices.prepare(
            acting.actor, acting.key, task.record_id, task.id,
            invoice_title=typed.invoice_title, number=typed.tax_number or None, note=typed.note or None,
        )  # fmt: skip

    return await acting.do(InvoiceTyped, act, N_("Invoice draft prepared: %(title)s"))


@router.post("/tasks/{task_id}/sign")
async def sign_contract(acting: Act, visitor: Visiting) -> Response:
    async def act(typed: Signed, task: Task) -> Answer:
        return await acting.services.signings.sign(
            acting.actor, acting.key, task.id, document=typed.document, password=typed.password or None,
            code=typed.code or None, visitor=visitor,
        )  # fmt: skip

    return await acting.do(Signed, act, N_("Signed: %(title)s"))


@router.post("/tasks/{task_id}/invite")
async def invite_signer(acting: Act) -> Response:
    async def act(typed: Chosen, task: Task) -> Answer:
        return await acting.services.invitations.invite(
            acting.actor, acting.key, task.record_id, contact_id=typed.contact_id, language=typed.language
        )

    return await acting.do(Chosen, act, N_("The link is on its way: %(title)s"))


@router.post("/tasks/{task_id}/confirm-term")
async def confirm_term(acting: Act) -> Response:
    async def act(typed: TermTyped, task: Task) -> Answer:
        terms = acting.services.terms
        return await terms.confirm(acting.actor, acting.key, task.record_id, version=typed.version, terms=typed.terms)

    return await acting.do(TermTyped, act, N_("We remind you in time: %(title)s"))


@router.post("/tasks/{task_id}/decide-term")
async def decide_term(acting: Act) -> Response:
    async def act(typed: DecisionTyped, task: Task) -> Answer:
        return await send_decision(acting.services, acting.actor, acting.key, task.record_id, typed)

    return await acting.do(DecisionTyped, act, N_("Kept: %(title)s"))


@router.post("/tasks/{task_id}/claim")
async def claim(acting: Act) -> Response:
    tasks = acting.services.tasks
    take = partial(tasks.claim, acting.actor, acting.key, acting.task_id)
    return await acting.stay(take, N_("It is yours now. Others see that you are on it."))


@router.post("/tasks/{task_id}/release")
async def release(acting: Act) -> Response:
    tasks = acting.services.tasks
    give_back = partial(tasks.release, acting.actor, acting.key, acting.task_id)
    return await acting.stay(give_back, N_("Given back: whoever it is open to can take it."))
