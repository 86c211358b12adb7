"""What waits for one's team: by person or role, task by task, and handed on to somebody else."""

from datetime import UTC, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.language import formats_of
from api.services import Provided
from api.task import LONGEST_COMMENT, PAGE, TaskEnd, TasksView, TaskView
from commands.task import BULK
from db.task import Sought
from db.team import EVERYTHING, Age, TeamSought, list_loads, list_team_tasks
from domain.access import Action
from domain.ids import RecordId
from domain.task import TaskKind

router = APIRouter(prefix="/api/team", tags=["team"], dependencies=[Depends(require(Action.TEAM_READ))])

Holder = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_COMMENT)]


class LoadView(BaseModel):
    """`holder` is `person:<id>` or `role:<role>:<region id>`; the figures are open tasks by time left."""

    model_config = ConfigDict(from_attributes=True)

    holder: str = Field(validation_alias="key")
    overdue: int
    today: int
    later: int
    oldest: datetime


class LoadSearch(BaseModel):
    kind: TaskKind | None = None
    unit_id: RecordId | None = Field(None, description="The region or team it belongs to or comes from.")

    def sought(self, request: Request, who: str | None = None, age: Age | None = None) -> TeamSought:
        return sought_now(request, who=who, age=age, others=Sought(kind=self.kind, unit=self.unit_id))


class TeamSearch(LoadSearch):
    holder: Holder | None = Field(None, description="Only what waits for this person or role.")
    age: Age | None = None
    after: RecordId | None = None


class HandingMany(BaseModel):
    model_config = ConfigDict(extra="forbid")

    tasks: list[RecordId] = Field(min_length=1, max_length=BULK)
    to: RecordId
    why: Reason


@router.get("")
async def get_team_load(
    search: Annotated[LoadSearch, Query()], request: Request, actor: CurrentActor, services: Provided
) -> list[LoadView]:
    """Whose turn it is in one's team: who has most overdue comes first."""
    async with services.db.session(actor.id) as session:
        found = await list_loads(session, actor, search.sought(request))
    return [LoadView.model_validate(load) for load in found]


@router.get("/tasks")
async def search_team_tasks(
    search: Annotated[TeamSearch, Query()], request: Request, actor: CurrentActor, services: Provided
) -> TasksView:
    """The team's open tasks by time left; 50 at a time."""
    sought = search.sought(request, search.holder, search.age)
    async with services.db.session(actor.id) as session:
        found = await list_team_tasks(session, actor, sought, after=search.after, limit=PAGE + 1)
    items = [TaskView(**TaskView.fields(row)) for row in found[:PAGE]]
    return TasksView(items=items, next=items[-1].id if len(found) > PAGE else None)


@router.post("/hand-on")
async def hand_tasks_on(
    body: HandingMany, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> list[TaskEnd]:
    """Give several tasks to somebody else; each is answered for itself."""
    ends = await services.tasks.hand_on_many(actor, key, body.tasks, to=body.to, why=body.why)
    return [TaskEnd.of(task_id, end) for task_id, end in ends.items()]


def sought_now(
    request: Request, *, who: str | None = None, age: Age | None = None, others: Sought = EVERYTHING
) -> TeamSought:
    """Today ends at midnight where the reader is."""
    now = datetime.now(UTC)
    here = formats_of(request).local(now)
    tomorrow = datetime.combine(here.date() + timedelta(days=1), time(), here.tzinfo)
    return TeamSought(now=now, tomorrow=tomorrow, who=who, age=age, others=others)
