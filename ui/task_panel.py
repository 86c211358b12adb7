"""One task as the side panel and its own page show it: its case, whose turn it is, and what one typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Literal

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse

from db.collection_case import CollectionCase
from db.deal import Deal
from db.extension import Extension
from db.lead_list import Listed as LeadCase
from db.process import Task
from db.quote import Invoice
from db.signing import Signature, Signing
from db.subject import SubjectCase
from db.task import Listed, find_task
from db.ticket import Ticket
from db.ticket_clock import TicketClockRow
from domain.access import Action, Actor
from domain.money import plain_amount
from domain.task import holds, on_behalf, taken_by_other
from ui.approval_case import ApprovalCase
from ui.approval_panel import ApprovalPanel
from ui.contract_submission import Submission
from ui.contract_term_panel import TermShown
from ui.environment import pages_of
from ui.names import Names
from ui.render import fragment, page, wants_fragment
from ui.returned import Returned
from ui.stage import StageView
from ui.subject import behind
from ui.task_case import read_task_case

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
    case = await read_task_case(session, request, actor, row.task, yours=standing == "turn", opened=opened)
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


async def show_panel(request: Request, panel: TaskPanel, *, status: int = 200) -> HTMLResponse:
    """Alone for the list's page, else as a page of its own."""
    if wants_fragment(request):
        return await fragment(request, "task/page.html", "record", status=status, panel=panel)
    return await page(request, "task/page.html", status=status, panel=panel)
