"""Fetches the days off of calendars by the clock (worker.schedule); a person publishes what they change."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.calendar_feed import CalendarFeedActivities

FEEDS = "calendar-feeds"
"""The workflow's id: one look at a time."""


@workflow.defn(name="CalendarFeedWorkflow")
class CalendarFeedWorkflow:
    @workflow.run
    async def run(self) -> int:
        """How many calendars have other days off in the draft now."""
        return await workflow.execute_activity_method(
            CalendarFeedActivities.refresh_calendar_feeds,
            start_to_close_timeout=timedelta(hours=1),
            heartbeat_timeout=timedelta(minutes=2),
            retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=1)),
            summary="fetch the days off of calendars",
        )
