"""Human tasks: listed, read with their case, claimed, released, decided."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.answer import ACCEPTED, Answered, answered
from api.approval import ApprovalView
from api.auth import CurrentActor, Visiting, require
from api.body import IdempotencyKey
from api.services import Provided
from commands.task import BULK
from db.contract import Approval
from db.person import Person
from db.task import Listed, Sought, View, find_task, list_tasks
from domain.access import Action
from domain.ids import RecordId
from domain.money import LARGEST
from domain.process import Answer
from domain.refusal import Refused
from domain.task import TaskKind

router = APIRouter(prefix="/api/tasks", tags=["tasks"], dependencies=[Depends(require(Action.TASK_WORK))])
PAGE = 50
LONGEST_COMMENT = 2_000

Why = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_COMMENT)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_COMMENT)]


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


class Choice(BaseModel):
    model_config = ConfigDict(extra="forbid")

    outcome: Literal["approve", "return", "reject"]
    comment: Why | None = Field(None, description="Needed to return or reject.")


class TaskDecision(Choice):
    version: int = Field(ge=1, le=2**31 - 1, description="The task's version as it was read.")
    condition: Why | None = Field(None, description="Of an approval: kept with the case and told to its submitter.")
    to: str | None = Field(None, max_length=60, description="An earlier step to return to; else to the submitter.")
    signature: str | None = Field(None, max_length=200, description="Your name, where the step wants a signature.")
    code: str | None = Field(None, max_length=20, description="Of your second factor, where the step wants one.")


class TaskVersion(BaseModel):
    id: RecordId
    version: int = Field(ge=1, le=2**31 - 1)


class TasksDecision(Choice):
    tasks: list[TaskVersion] = Field(min_length=1, max_length=BULK)


class TaskEnd(BaseModel):
    """`refused` is the code of the refusal, with its `params`; null where the decision was taken."""

    id: str
    revision: int | None = None
    refused: str | None = None
    params: dict[str, Any] = {}

    @classmethod
    def of(cls, task_id: str, end: Answer | Refused) -> "TaskEnd":
        if isinstance(end, Refused):
            return cls(id=task_id, refused=end.code, params=end.params)
        return cls(id=task_id, revision=end.revision)


class SignBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    document: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] = Field(
        description="Hash of what you sign, as the task's `params` name it: fetch it at /documents/{hash}."
    )
    password: str | None = Field(None, min_length=1, max_length=1_000, description="Your password, or else `code`.")
    code: str | None = Field(None, min_length=1, max_length=20, description="Of your second factor.")


class Handing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    to: RecordId
    why: Why | None = None


class Signers(BaseModel):
    model_config = ConfigDict(extra="forbid")

    people: list[RecordId] = Field(min_length=1, max_length=10)
    where: Literal["before", "after"] = Field(description="Before you decide, who are then asked again; or after.")
    mode: Literal["any", "all", "in_order"] = "all"
    why: Why | None = None


class Said(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: Text


class Finished(BaseModel):
    model_config = ConfigDict(extra="forbid")

    comment: Why | None = None


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


@router.post("/decisions")
async def decide_tasks(
    body: TasksDecision, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> list[TaskEnd]:
    """Decide several at once, where their policies allow it; each is answered for itself."""
    tasks = [(task.id, task.version) for task in body.tasks]
    ends = await services.tasks.decide_many(actor, key, tasks, outcome=body.outcome, comment=body.comment)
    return [TaskEnd.of(task_id, end) for task_id, end in ends.items()]


@router.post("/{task_id}/decision", responses=ACCEPTED)
async def decide_task(
    task_id: RecordId, decision: TaskDecision, key: IdempotencyKey, visitor: Visiting, response: Response,
    actor: CurrentActor, services: Provided,
) -> Answered:  # fmt: skip
    """Approve, return or reject. 409 names who decided, or who is working on it."""
    answer = await services.tasks.decide(actor, key, task_id, **decision.model_dump(), visitor=visitor)
    return answered(response, task_id, answer)


@router.post("/{task_id}/delegate", responses=ACCEPTED)
async def delegate_task(
    task_id: RecordId, body: Handing, key: IdempotencyKey, response: Response, actor: CurrentActor, services: Provided
) -> Answered:
    """Let somebody else decide in your place."""
    return answered(response, task_id, await services.tasks.delegate(actor, key, task_id, to=body.to, why=body.why))


@router.post("/{task_id}/hand-on", responses=ACCEPTED)
async def hand_task_on(
    task_id: RecordId, body: Handing, key: IdempotencyKey, response: Response, actor: CurrentActor, services: Provided
) -> Answered:
    """As a manager or an administrator, give a task that is stuck with others to somebody else."""
    return answered(response, task_id, await services.tasks.hand_on(actor, key, task_id, to=body.to, why=body.why))


@router.post("/{task_id}/signers", responses=ACCEPTED)
async def add_signers(
    task_id: RecordId, body: Signers, key: IdempotencyKey, response: Response, actor: CurrentActor, services: Provided
) -> Answered:
    """Have others decide as well, before you or after."""
    return answered(response, task_id, await services.tasks.add_signer(actor, key, task_id, **body.model_dump()))


@router.post("/{task_id}/question", responses=ACCEPTED)
async def ask_submitter(
    task_id: RecordId, body: Said, key: IdempotencyKey, response: Response, actor: CurrentActor, services: Provided
) -> Answered:
    """Ask the submitter something before you decide."""
    return answered(response, task_id, await services.tasks.ask(actor, key, task_id, body.text))


@router.post("/{task_id}/answer", responses=ACCEPTED)
async def answer_approver(
    task_id: RecordId, body: Said, key: IdempotencyKey, response: Response, actor: CurrentActor, services: Provided
) -> Answered:
    """Answer an approver's question."""
    return answered(response, task_id, await services.tasks.answer(actor, key, task_id, body.text))


@router.post("/{task_id}/finish", responses=ACCEPTED)
async def finish_task(
    task_id: RecordId, body: Finished, key: IdempotencyKey, response: Response, actor: CurrentActor, services: Provided
) -> Answered:
    """Say that a task of a deal's stage is done."""
    return answered(response, task_id, await services.tasks.finish(actor, key, task_id, comment=body.comment))


@router.post("/{task_id}/sign", responses=ACCEPTED)
async def sign_contract(
    task_id: RecordId, body: SignBody, key: IdempotencyKey, visitor: Visiting, response: Response,
    actor: CurrentActor, services: Provided,
) -> Answered:  # fmt: skip
    """Sign a contract, with your password or a code of your second factor. 409 where another document is to be signed
    by now."""
    answer = await services.signings.sign(actor, key, task_id, **body.model_dump(), visitor=visitor)
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
