"""Deals: listed, opened, moved over the stages, edited, followed up."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.answer import ACCEPTED, Answered, answered
from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided
from commands.deal import NewDeal
from db import board
from db.board import Sort, Stalled, Wanted
from db.line import line_of
from db.milestone import milestones, whole
from db.scope import visible
from domain.access import Action
from domain.deal import How, Result
from domain.ids import RecordId
from domain.money import LARGEST, MinorUnits
from domain.order_plan import MOST_PARTS, PlanPart
from domain.pipeline import SALES
from domain.text import ON_ONE_LINE

router = APIRouter(prefix="/api/deals", tags=["deals"])
PAGE = 50

Title = Annotated[str, Field(min_length=1, max_length=200), ON_ONE_LINE]
NextStep = Annotated[str, Field(max_length=200), ON_ONE_LINE]
StageKey = Annotated[str, Field(max_length=60, description="A stage's key in the pipeline policy, such as proposal.")]
ActionKey = Annotated[str, Path(max_length=60, description="The action's key, such as 3/entry/0.")]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4_000)]


class DealView(BaseModel):
    """`version` counts what people changed: send it back with an edit."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    number: str
    title: str
    customer_id: str
    lead_id: str | None
    region_id: str
    owner_id: str
    pipeline_key: str
    stage: str
    priority: int = Field(description="Set by hand: 0 none, 1 low, 2 medium, 3 high.")
    actions: list[dict[str, Any]] = Field(
        description="What the stages asked for and is not done yet: key, do, stage, when, attempts, error, retry_at."
    )
    amount: int = Field(description="In minor units of `currency`.")
    currency: str
    close_on: date | None
    next_step: str | None
    next_step_on: date | None
    unplanned: bool = Field(description="Under way without a next step and its day.")
    quote_id: str | None
    quote_status: str | None
    contract_id: str | None
    contract_status: str | None = Field(description="draft, in_approval, approved, rejected or withdrawn.")
    order_id: str | None
    collection_id: str | None
    end_reason: str | None = Field(description="A key of the pipeline's won_reasons or lost_reasons.")
    end_note: str | None
    lost_to: str | None = Field(description="The competitor who won it.")
    lost_in: str | None = Field(description="The stage it stood in when it was lost.")
    copied_from: str | None
    split_from: str | None
    opened_at: datetime
    stage_since: datetime
    active_at: datetime
    stalled_at: datetime | None = Field(description="Since when nothing has happened for longer than is well.")
    stall: int = Field(description="How far it has stalled: 0 not, 1 amber, 2 red, 3 the manager was told.")
    moved_by: str | None
    closed_at: datetime | None
    version: int
    revision: int = Field(description="Grows with every change.")


class DealsView(BaseModel):
    items: list[DealView]
    next: str | None = Field(description="Send it as `after` for the deals after these; null: there are none.")


class MilestoneView(BaseModel):
    """`kind`: lead, deal, quote, contract, approval, invoice, order, instalment(s), collection, cash."""

    kind: str
    standing: str = Field(description="done, current, waiting, failed, or next: it has not begun.")
    began: datetime | None
    reached: datetime | None = Field(description="When it was done, or failed.")
    due_on: date | None
    took_seconds: int | None = Field(description="From its beginning until it was reached, or until now.")
    gap_seconds: int | None = Field(description="Since the milestone before was reached.")
    record_id: str | None
    number: str | None
    no: int | None = Field(description="Of an instalment; of several, how many are paid.")
    of: int | None
    amount: int | None = Field(description="In minor units of the deal's currency.")


class LineView(BaseModel):
    milestones: list[MilestoneView]
    took_seconds: int | None = Field(description="From the first beginning until the money was in, or until now.")


class DealSearch(BaseModel):
    pipeline: StageKey = Field(SALES, description="The pipeline's key.")
    region_id: RecordId | None = None
    priority: Annotated[int, Field(ge=1, le=3)] | None = Field(None, description="At least so high.")
    stalled: Stalled | None = None
    unplanned: bool = Field(False, description="Only those without a next step and its day.")
    text: str | None = Field(None, max_length=100, description="Part of title, number or the customer's name.")
    owner: Literal["me", "team"] | RecordId | None = Field(
        None, description="me, team (who reports to me, and I), or a person's id."
    )
    closes_from: date | None = None
    closes_to: date | None = None
    amount_from: Annotated[int, Field(ge=0, le=LARGEST)] | None = Field(None, description="Minor units.")
    amount_to: Annotated[int, Field(ge=0, le=LARGEST)] | None = Field(None, description="Minor units.")
    stage: StageKey | None = None
    customer_id: RecordId | None = None
    closed: bool = Field(False, description="Also deals that have ended: lost, or paid in full.")
    sort: Sort = Field("close", description="By close date, amount, or how long in the stage.")
    descending: bool = False
    after: RecordId | None = None

    @property
    def wanted(self) -> Wanted:
        return Wanted(
            owner=self.owner,
            closes_from=self.closes_from,
            closes_to=self.closes_to,
            least=self.amount_from,
            most=self.amount_to,
            stages=(self.stage,) if self.stage else (),
            customer_id=self.customer_id,
            pipeline=self.pipeline,
            region_id=self.region_id,
            priority=self.priority,
            stalled=self.stalled,
            unplanned=self.unplanned,
            text=self.text,
        )


class DealBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    pipeline: StageKey = Field(SALES, description="The key of the pipeline it takes.")
    customer_id: RecordId
    title: Title
    amount: MinorUnits = Field(description="In minor units of the company's currency.")
    close_on: date | None = None
    next_step: NextStep | None = None
    next_step_on: date | None = None


class MoveBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    from_stage: StageKey = Field(description="Where you see it: a deal that was moved meanwhile stays.")
    to_stage: StageKey
    reason: Annotated[str, Field(max_length=60)] | None = Field(
        None, description="Needed at the end: a key of the pipeline's won_reasons or lost_reasons, such as price."
    )
    note: Annotated[str, Field(max_length=500), ON_ONE_LINE] | None = Field(
        None, description="The same in words of one's own; some reasons need them."
    )
    competitor: Annotated[str, Field(max_length=120), ON_ONE_LINE] | None = Field(
        None, description="Who won a deal that is lost."
    )
    amount: MinorUnits | None = Field(None, description="Filled in as it moves, where the stage requires it.")
    close_on: date | None = None
    next_step: NextStep | None = None
    plan: Annotated[list[PlanPart], Field(max_length=MOST_PARTS)] = Field(
        [], description="How a won deal is paid, in parts that make 10000; without it the policy chooses."
    )


class PriorityBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    priority: int = Field(ge=0, le=3)


class EditBody(BaseModel):
    """What is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1, le=2**31 - 1, description="The deal's version you saw.")
    title: Title | None = None
    amount: MinorUnits | None = None
    close_on: date | None = None
    no_close_on: bool = Field(False, description="Takes the close date away.")
    next_step: NextStep | None = Field(None, description="An empty text takes it away, with its day.")
    next_step_on: date | None = None
    no_next_step_on: bool = Field(False, description="Takes the next step's day away.")


class NoteBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    how: How
    note: Note = ""
    result: Result | None = Field(None, description="What it came to; without it a note is needed.")
    next_step: NextStep | None = Field(None, description="The step planned next; left out, it stays as it is.")
    next_step_on: date | None = None


@router.get("", dependencies=[Depends(require(Action.DEAL_READ))])
async def list_deals(search: Annotated[DealSearch, Query()], actor: CurrentActor, services: Provided) -> DealsView:
    """Deals you may see, 50 at a time."""
    async with services.db.session(actor.id) as session:
        found = await board.deal_list(
            session, actor, search.wanted, sort=search.sort, descending=search.descending, after=search.after,
            closed=search.closed, limit=PAGE + 1,
        )  # fmt: skip
    items = [DealView.model_validate(deal) for deal, _ in found[:PAGE]]
    return DealsView(items=items, next=items[-1].id if len(found) > PAGE else None)


@router.post("", status_code=201, responses=ACCEPTED)
async def open_deal(
    deal: DealBody, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """Open a deal with a customer you may see; it begins in the pipeline's first stage."""
    deal_id, answer = await services.deals.open(actor, key, NewDeal(**deal.model_dump()))
    return answered(out, deal_id, answer, created=True)


@router.get("/{deal_id}")
async def get_deal(deal_id: RecordId, actor: CurrentActor, services: Provided) -> DealView:
    async with services.db.session(actor.id) as session:
        return DealView.model_validate(await visible(session, actor, "deal", deal_id))


@router.get("/{deal_id}/line")
async def get_line(deal_id: RecordId, actor: CurrentActor, services: Provided) -> LineView:
    """From lead to cash: every milestone with its date and the time between."""
    async with services.db.session(actor.id) as session:
        line = await line_of(session, await visible(session, actor, "deal", deal_id))
    told = milestones(line, money=actor.scope(Action.COLLECTION_READ) is not None)
    length = whole(told)
    return LineView(
        milestones=[
            MilestoneView(
                **{name: getattr(one, name) for name in MilestoneView.model_fields if hasattr(one, name)},
                took_seconds=_seconds(one.took), gap_seconds=_seconds(one.gap),
            )
            for one in told
        ],
        took_seconds=_seconds(length),
    )  # fmt: skip


def _seconds(length: timedelta | None) -> int | None:
    return None if length is None else int(length.total_seconds())


@router.post("/{deal_id}/move", responses=ACCEPTED)
async def move_deal(
    deal_id: RecordId, body: MoveBody, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """One stage forward, back to any earlier one, or lost. 409 says why a stage cannot be entered now."""
    return answered(out, deal_id, await services.deals.move(actor, key, deal_id, **body.model_dump()))


@router.post("/{deal_id}/priority", responses=ACCEPTED)
async def prioritise_deal(
    deal_id: RecordId, body: PriorityBody, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """Set by hand; cards of a column stand in this order."""
    return answered(out, deal_id, await services.deals.prioritise(actor, key, deal_id, body.priority))


@router.post("/{deal_id}/actions/{action:path}/retry", responses=ACCEPTED)
async def retry_action(
    deal_id: RecordId, action: ActionKey, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """Try a failed action of a stage at once."""
    return answered(out, deal_id, await services.deals.try_action(actor, key, deal_id, action))


@router.post("/{deal_id}/actions/{action:path}/give-up", responses=ACCEPTED)
async def give_up_action(
    deal_id: RecordId, action: ActionKey, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """Try a failed action of a stage no more."""
    return answered(out, deal_id, await services.deals.give_up_action(actor, key, deal_id, action))


@router.post("/{deal_id}/edit", responses=ACCEPTED)
async def edit_deal(
    deal_id: RecordId, body: EditBody, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """Change a deal under way. The amount is fixed while its contract is in approval, and once it is approved."""
    return answered(out, deal_id, await services.deals.edit(actor, key, deal_id, **body.model_dump()))


@router.post("/{deal_id}/notes", responses=ACCEPTED)
async def log_follow_up(
    deal_id: RecordId, body: NoteBody, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """Log a call, a visit, a message or a note; the deal counts as active again."""
    return answered(out, deal_id, await services.deals.note(actor, key, deal_id, **body.model_dump()))
