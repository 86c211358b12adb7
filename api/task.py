"""Human tasks: listed, read with their case, claimed, released, decided."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.answer import ACCEPTED, Answered, answered
from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided
from db.contract import Approval
from db.person import Person
from db.task import Listed, Sought, View, find_task, list_tasks
from domain.access import Action
from domain.ids import RecordId
from domain.money import LARGEST

router = APIRouter(prefix="/api/tasks", tags=["tasks"], dependencies=[Depends(require(Action.TASK_WORK))])
PAGE = 50
LONGEST_COMMENT = 2_000

TaskKind = Literal["approve", "first_contact", "submit_contract", "record_payment"]


class Somebody(BaseModel):
    id: str
    name: str
    name_en: str | None

    @classmethod
    def of(cls, person: Person | None) -> "Somebody | None":
        return cls(id=person.id, name=person.name, name_en=person.name_en) if person else None


class TaskView(BaseModel):
    """`holders` are the people and roles it is open to; `record_id` is the record of `process_kind` it belongs to."""

    id: str
    kind: str
    title: str
    params: dict[str, Any]
    process_kind: str
    record_id: str
    line_id: str
    customer_id: str | None
    company: str | None
    contact: str | None = Field(description="Of a lead, which is no customer yet.")
    region_id: str | None
    amount: int | None = Field(description="In minor units of `currency`.")
    currency: str | None
    sender: Somebody | None
    holders: list[str]
    status: Literal["open", "done", "cancelled"]
    version: int = Field(description="Send it with a decision: another one means that the task changed meanwhile.")
    opened_at: datetime
    due_at: datetime | None
    escalated_at: datetime | None
    claimed_by: Somebody | None
    decided_by: Somebody | None
    decided_at: datetime | None
    outcome: str | None
    comment: str | None
    revision: int

    @classmethod
    def fields(cls, found: Listed) -> dict[str, Any]:
        shared = {name: getattr(found.task, name) for name in cls.model_fields if hasattr(found.task, name)}
        return shared | {
            "company": found.company,
            "contact": found.contact,
            "sender": Somebody.of(found.sender),
            "claimed_by": Somebody.of(found.claimer),
            "decided_by": Somebody.of(found.decider),
        }


class TasksView(BaseModel):
    items: list[TaskView]
    next: str | None = Field(description="Send it as `after` for the tasks after these; null: there are none.")


class ApprovalView(BaseModel):
    """`decision` says which row of the policy asked for this path and why not the others; `path` every step of it."""

    id: str
    number: str
    subject_kind: str
    subject_id: str
    subject_version: int
    submitted_by: str
    status: str
    decision: dict[str, Any]
    path: list[dict[str, Any]]
    opened_at: datetime
    closed_at: datetime | None
    revision: int


class TaskDetail(TaskView):
    approval: ApprovalView | None = None


class TaskSearch(BaseModel):
    view: View = Field("mine", description="Open to me; asked by me and waiting for others; done by me.")
    approvals: bool | None = Field(None, description="Only approvals, or only the other tasks.")
    kind: TaskKind | None = None
    subject: str | None = Field(None, max_length=40, description="What is to be approved, such as contract.")
    amount: int | None = Field(
        None, ge=0, le=LARGEST, description="At least so much, in minor units of the company's currency."
    )
    unit_id: RecordId | None = Field(None, description="The region or team it belongs to or comes from.")
    customer: str | None = Field(None, max_length=100, description="Part of the customer's name.")
    after: RecordId | None = None


class TaskDecision(BaseModel):
    model_config = ConfigDict(extra="forbid")

    outcome: Literal["approve", "return", "reject"]
    version: int = Field(ge=1, le=2**31 - 1, description="The task's version as it was read.")
    comment: str | None = Field(None, max_length=LONGEST_COMMENT, description="Needed to return or reject.")


@router.get("")
async def search_tasks(search: Annotated[TaskSearch, Query()], actor: CurrentActor, services: Provided) -> TasksView:
    """By time left, what is done by when; 50 at a time."""
    async with services.db.session(actor.id) as session:
        sought = Sought(
            **search.model_dump(exclude={"view", "after", "unit_id"}),
            currency=services.settings.currency,
            unit=search.unit_id,
        )
        found = await list_tasks(session, actor, search.view, sought, after=search.after, limit=PAGE + 1)
    items = [TaskView(**TaskView.fields(row)) for row in found[:PAGE]]
    return TasksView(items=items, next=items[-1].id if len(found) > PAGE else None)


@router.get("/{task_id}")
async def get_task(task_id: RecordId, actor: CurrentActor, services: Provided) -> TaskDetail:
    async with services.db.session(actor.id) as session:
        found = await find_task(session, actor, task_id)
        approval = await session.get(Approval, found.task.record_id) if found.task.kind == "approve" else None
    return TaskDetail(
        **TaskView.fields(found),
        approval=ApprovalView.model_validate(approval, from_attributes=True) if approval else None,
    )


@router.post("/{task_id}/decision", responses=ACCEPTED)
async def decide_task(
    task_id: RecordId, decision: TaskDecision, key: IdempotencyKey, response: Response, actor: CurrentActor,
    services: Provided,
) -> Answered:  # fmt: skip
    """Approve, return or reject. 409 names who decided, or who is working on it."""
    answer = await services.tasks.decide(actor, key, task_id, **decision.model_dump())
    return answered(response, task_id, answer)


@router.post("/{task_id}/claim", responses=ACCEPTED)
async def claim_task(
    task_id: RecordId, key: IdempotencyKey, response: Response, actor: CurrentActor, services: Provided
) -> Answered:
    """Take it, so that nobody else who could does it at the same time."""
    return answered(response, task_id, await services.tasks.claim(actor, key, task_id))


@router.post("/{task_id}/release", responses=ACCEPTED)
async def release_task(
    task_id: RecordId, key: IdempotencyKey, response: Response, actor: CurrentActor, services: Provided
) -> Answered:
    """Give it back to everybody it is open to."""
    return answered(response, task_id, await services.tasks.release(actor, key, task_id))
