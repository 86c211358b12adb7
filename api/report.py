"""Reports on approvals: how long steps take, who is waited for, what was refused, which policy rows fired."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from api.auth import CurrentActor, require
from api.language import formats_of
from api.services import Provided
from db.report import Span, check_region, fired_rows, paces, queues, refused_turns, step_times, totals
from db.win_loss import Sum, by_competitor, by_owner, by_reason
from db.win_loss import totals as deal_totals
from domain.access import Action
from domain.ids import RecordId
from domain.refusal import invalid

router = APIRouter(prefix="/api/reports", tags=["reports"], dependencies=[Depends(require(Action.REPORT_READ))])

DAYS = timedelta(days=90)
LISTED = 200


class Row(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class TotalsView(Row):
    """`median` and `ninth` (the 90th percentile) in working seconds; null: nothing was decided."""

    requests: int
    decided: int
    median: int | None
    ninth: int | None
    refused: int


class StepView(Row):
    """Added signers count as one step, `added`."""

    step: str
    decided: int
    median: int
    ninth: int
    returned: int
    rejected: int


class PaceView(Row):
    person: str
    decided: int
    median: int
    ninth: int
    refused: int


class QueueView(Row):
    """What is open now to `holder`, a person or a role."""

    holder: str = Field(validation_alias="key")
    waiting: int
    overdue: int
    oldest: datetime


class FiredView(Row):
    """`row` of the approval policy, in `version` the last time."""

    row: str
    version: int | None
    requests: int


class RefusedView(BaseModel):
    number: str
    title: str
    step: str
    outcome: str
    decided_by: str | None
    decided_at: datetime | None
    comment: str | None


class WonLost(Row):
    """`key`: the reason's key, the competitor's name or the owner's id. Amounts in minor units."""

    key: str | None
    won: int
    won_amount: int
    lost: int
    lost_amount: int


class DealReport(BaseModel):
    total: WonLost
    won: list[WonLost] = Field(description="By reason.")
    lost: list[WonLost] = Field(description="By reason.")
    competitors: list[WonLost]
    owners: list[WonLost]


class ApprovalReport(BaseModel):
    totals: TotalsView
    steps: list[StepView]
    people: list[PaceView]
    queues: list[QueueView]
    rows: list[FiredView]
    refused: list[RefusedView] = Field(description=f"The last {LISTED}.")


class Asked(BaseModel):
    """Days where the reader is, both included; without them the last 90."""

    since: date | None = None
    until: date | None = None
    region: RecordId | None = None

    def days(self, request: Request) -> tuple[date, date]:
        """Raises Refused (422) for days before and after all time."""
        for name, day in (("since", self.since), ("until", self.until)):
            if day is not None and not 1900 <= day.year < 2200:
                raise invalid("date_unreadable", name)
        today = formats_of(request).local(datetime.now(UTC)).date()
        until = self.until or max(today, self.since or today)
        return self.since or until - DAYS, until

    def span(self, request: Request) -> Span:
        """Raises Refused (422) where the days are the wrong way round, as for `days`."""
        first, last = self.days(request)
        if last < first:
            raise invalid("ends_before_start", "until")
        zone = formats_of(request).local(datetime.now(UTC)).tzinfo
        midnight = datetime.combine(last + timedelta(days=1), time(), zone)
        return Span(datetime.combine(first, time(), zone), midnight, self.region)


@router.get("/approvals")
async def report_on_approvals(
    asked: Annotated[Asked, Query()], request: Request, actor: CurrentActor, services: Provided
) -> ApprovalReport:
    """Times are working time, by the calendar of each step."""
    check_region(actor, asked.region)
    span, now = asked.span(request), datetime.now(UTC)
    async with services.db.session(actor.id) as session:
        refused = await refused_turns(session, actor, span, limit=LISTED)
        return ApprovalReport(
            totals=TotalsView.model_validate(await totals(session, actor, span)),
            steps=[StepView.model_validate(one) for one in await step_times(session, actor, span)],
            people=[PaceView.model_validate(one) for one in await paces(session, actor, span)],
            queues=[QueueView.model_validate(one) for one in await queues(session, actor, span, now)],
            rows=[FiredView.model_validate(one) for one in await fired_rows(session, actor, span)],
            refused=[
                RefusedView(
                    number=one.number, title=one.title, step=one.turn.step, outcome=one.turn.status,
                    decided_by=one.turn.decided_by, decided_at=one.turn.decided_at, comment=one.turn.comment,
                )
                for one in refused
            ],
        )  # fmt: skip


@router.get("/deals")
async def report_on_deals(
    asked: Annotated[Asked, Query()], request: Request, actor: CurrentActor, services: Provided
) -> DealReport:
    """Deals won and lost in a time: for which reasons, against whom, by whom."""
    check_region(actor, asked.region)
    span = asked.span(request)
    async with services.db.session(actor.id) as session:
        won, lost = await by_reason(session, actor, span)
        competitors, owners = await by_competitor(session, actor, span), await by_owner(session, actor, span)
        whole = await deal_totals(session, actor, span)

    def views(sums: Sequence[Sum]) -> list[WonLost]:
        return [WonLost.model_validate(one) for one in sums]

    return DealReport(
        total=WonLost.model_validate(whole), won=views(won), lost=views(lost), competitors=views(competitors),
        owners=views(owners),
    )  # fmt: skip
