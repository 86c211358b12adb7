"""What happens by the clock for the whole company: kept in Temporal as schedules, which ops sees and may pause."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from activities.customer_match import MatchRun
from activities.ticket_training import Training
from settings import Settings
from workflows.calendar_feed import FEEDS, CalendarFeedWorkflow
from workflows.customer_import_clearing import CLEARING, CustomerImportClearingWorkflow
from workflows.customer_match import MATCHING, CustomerMatchWorkflow
from workflows.customer_tier import WEIGHING, CustomerTierWorkflow
from workflows.digest import SAME_DAY, DigestWorkflow
from workflows.ticket_training import TRAINING, TicketTrainingWorkflow

DIGEST = "digest"
BY_NIGHT = ScheduleCalendarSpec(hour=[ScheduleRange(2)], minute=[ScheduleRange(25)])
AT_NIGHT = ScheduleCalendarSpec(hour=[ScheduleRange(3)], minute=[ScheduleRange(10)])
BEFORE_DAWN = ScheduleCalendarSpec(hour=[ScheduleRange(4)], minute=[ScheduleRange(20)])
TOWARDS_MORNING = ScheduleCalendarSpec(hour=[ScheduleRange(5)], minute=[ScheduleRange(5)])
BEFORE_WORK = ScheduleCalendarSpec(hour=[ScheduleRange(6)], minute=[ScheduleRange(15)])
HALF_PAST_EIGHT = ScheduleCalendarSpec(hour=[ScheduleRange(8)], minute=[ScheduleRange(30)])


async def keep_schedules(client: Client, settings: Settings) -> None:
    """As this version has them; one that is there keeps its past, and stays paused where somebody paused it."""
    digest = Schedule(
        action=ScheduleActionStartWorkflow(DigestWorkflow.run, id=DIGEST, task_queue=settings.task_queue),
        spec=ScheduleSpec(calendars=[HALF_PAST_EIGHT], time_zone_name=settings.zone),
        policy=SchedulePolicy(catchup_window=SAME_DAY - timedelta(hours=1)),
    )
    training = Schedule(
        action=ScheduleActionStartWorkflow(
            TicketTrainingWorkflow.run, Training(), id=TRAINING, task_queue=settings.task_queue
        ),
        spec=ScheduleSpec(calendars=[AT_NIGHT], time_zone_name=settings.zone),
        policy=SchedulePolicy(catchup_window=timedelta(hours=6)),
    )
    matching = Schedule(
        action=ScheduleActionStartWorkflow(
            CustomerMatchWorkflow.run, MatchRun(), id=MATCHING, task_queue=settings.task_queue
        ),
        spec=ScheduleSpec(calendars=[BEFORE_DAWN], time_zone_name=settings.zone),
        policy=SchedulePolicy(catchup_window=timedelta(hours=6)),
    )
    weighing = Schedule(
        action=ScheduleActionStartWorkflow(CustomerTierWorkflow.run, id=WEIGHING, task_queue=settings.task_queue),
        spec=ScheduleSpec(calendars=[TOWARDS_MORNING], time_zone_name=settings.zone),
        policy=SchedulePolicy(catchup_window=timedelta(hours=12)),
    )
    feeds = Schedule(
        action=ScheduleActionStartWorkflow(CalendarFeedWorkflow.run, id=FEEDS, task_queue=settings.task_queue),
        spec=ScheduleSpec(calendars=[BEFORE_WORK], time_zone_name=settings.zone),
        policy=SchedulePolicy(catchup_window=timedelta(hours=12)),
    )
    clearing = Schedule(
        action=ScheduleActionStartWorkflow(
            CustomerImportClearingWorkflow.run, id=CLEARING, task_queue=settings.task_queue
        ),
        spec=ScheduleSpec(calendars=[BY_NIGHT], time_zone_name=settings.zone),
        policy=SchedulePolicy(catchup_window=timedelta(hours=12)),
    )
    for name, schedule in (
        (DIGEST, digest), (TRAINING, training), (MATCHING, matching), (WEIGHING, weighing), (FEEDS, feeds),
        (CLEARING, clearing),
    ):  # fmt: skip
        await keep(client, name, schedule)


async def keep(client: Client, name: str, schedule: Schedule) -> None:
    """One schedule; one that is there keeps its past and its pause."""
    try:
        await client.create_schedule(name, schedule)
    except ScheduleAlreadyRunningError:

        def renewed(known: ScheduleUpdateInput) -> ScheduleUpdate:
            return ScheduleUpdate(replace(schedule, state=known.description.schedule.state))

        await client.get_schedule_handle(name).update(renewed)
