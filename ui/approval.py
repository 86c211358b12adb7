"""An approval for whoever may see it without a turn: read, commented on; nudged and withdrawn by its submitter."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.auth import CurrentActor, require
from api.services import Provided
from db.approval_reader import own_task
from db.contract import Approval
from db.customer import Customer
from db.scope import visible
from db.subject import SubjectCase, subject_case
from domain.access import Action, Actor
from domain.ids import RecordId
from domain.process import Answer
from domain.refusal import not_found
from locales import N_
from ui.approval_act import Said
from ui.approval_case import ApprovalCase, read_case
from ui.approval_panel import ApprovalPanel
from ui.environment import pages_of
from ui.names import Names, names
from ui.panel_form import PanelForm
from ui.policy_words import PolicyWords
from ui.render import fragment, page, refreshed, wants_fragment
from ui.subject import behind
from ui.task_form import Nothing
from ui.task_panel import read_panel, show_panel

router = APIRouter(prefix="/approvals", include_in_schema=False, dependencies=[Depends(require(Action.TASK_WORK))])


@dataclass(frozen=True)
class CasePanel:
    """The panel of an approval as such; see `ui.task_panel.TaskPanel`, whose parts it is made of."""

    row: Approval
    case: ApprovalCase
    about: SubjectCase
    company: str
    names: Names
    aside: bool
    reads_policies: bool
    dialog: str = ""
    sending: bool = False
    errors: Mapping[str, str] = field(default_factory=dict)
    typed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def approval(self) -> ApprovalPanel:
        return self.case.shown

    @property
    def href(self) -> str:
        return behind(self.about)


async def read_approval(
    session: AsyncSession, request: Request, actor: Actor, approval_id: str, *, opened: bool = False, **more: Any
) -> CasePanel:
    """Raises Refused (404)."""
    row: Approval = await visible(session, actor, "approval", approval_id)
    about = await subject_case(session, row.subject_kind, row.subject_id)
    if about is None:
        raise not_found("approval")
    formats = pages_of(request).formats(request)
    called = await names(session, formats.language, {row.submitted_by, *about.people})
    words = PolicyWords(formats.language, formats, called)
    customer = select(Customer.name).where(Customer.id == about.subject.customer_id)
    return CasePanel(
        row,
        case=await read_case(session, actor, row, about, words, opened=opened),
        about=about,
        company=await session.scalar(customer) or "",
        names=called,
        reads_policies=actor.scope(Action.POLICY_READ) is not None,
        **more,
    )


@dataclass
class OnCase(PanelForm):
    """A form about an approval as a whole; `task` among its fields is the task beside which it stands."""

    approval_id: RecordId

    @property
    def address(self) -> str:
        return f"/approvals/{self.approval_id}"

    async def panel(self, status: int = 200, **more: Any) -> Response:
        aside, task = wants_fragment(self.request), str((await self.typed()).get("task", ""))
        async with self.services.db.session(self.actor.id) as session:
            if task:
                beside = await read_panel(session, self.request, self.actor, task, aside=aside, **more)
                return await show_panel(self.request, beside, status=status)
            found = await read_approval(session, self.request, self.actor, self.approval_id, aside=aside, **more)
        return await show_approval(self.request, found, status=status)


On = Annotated[OnCase, Depends()]


@router.get("/{approval_id}")
async def read(
    request: Request, approval_id: RecordId, actor: CurrentActor, services: Provided, sent: bool = False
) -> Response:
    """Whose turn it is in it goes to their task."""
    aside = wants_fragment(request)
    async with services.db.session(actor.id) as session:
        task = await own_task(session, actor, approval_id)
        if task and not aside:
            return RedirectResponse(f"/inbox/{task}", 303)
        opened = not refreshed(request)
        found = await read_approval(session, request, actor, approval_id, aside=aside, opened=opened, sending=sent)
    return await show_approval(request, found)


@router.post("/{approval_id}/comment")
async def comment(on: On) -> Response:
    async def act(typed: Said) -> Answer:
        return await on.services.approvals.comment(on.actor, on.key, on.approval_id, typed.text)

    return await on.keep(Said, act, N_("Comment added."), dialog="comment")


@router.post("/{approval_id}/nudge")
async def nudge(on: On) -> Response:
    return await _press(on, on.services.approvals.nudge, N_("Nudged: they hear of it at once."))


@router.post("/{approval_id}/withdraw")
async def withdraw(on: On) -> Response:
    return await _press(on, on.services.approvals.withdraw, N_("Withdrawn. Nobody is asked any more."))


async def _press(on: OnCase, act: Callable[[Actor, str, str], Awaitable[Answer]], said: str) -> Response:
    """A button that does something to the whole."""
    return await on.keep(Nothing, lambda _: act(on.actor, on.key, on.approval_id), said)


async def show_approval(request: Request, panel: CasePanel, *, status: int = 200) -> HTMLResponse:
    if wants_fragment(request):
        return await fragment(request, "approval/page.html", "record", status=status, panel=panel)
    return await page(request, "approval/page.html", status=status, panel=panel)
