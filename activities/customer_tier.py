"""What tier each customer seems to be of, weighed anew for all."""

from __future__ import annotations

from datetime import UTC, datetime

from temporalio import activity

from activities.process import ProcessActivities
from db.customer_portrait import weigh
from db.customer_tier import followed_after
from db.engine import take_time

BATCH = 1_000


class CustomerTierActivities(ProcessActivities):
    @activity.defn
    async def weigh_customers(self) -> int:
        """How many; another try goes on behind those that were weighed."""
        after: str | None = next(iter(activity.info().heartbeat_details), None)
        weighed = 0
        while True:
            async with self.db.session("tier") as session:
                await take_time(session)
                some = await followed_after(session, after, BATCH)
                if not some:
                    return weighed
                await weigh(session, some, datetime.now(UTC))
            after, weighed = some[-1], weighed + len(some)
            activity.heartbeat(after)
