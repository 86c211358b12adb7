"""The daily digest, page by page of the people who want one."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel
from temporalio import activity

from activities.process import ProcessActivities
from db.calendar import OFFICE, calendars
from db.digest import write_digests


class DigestPage(BaseModel):
    """`at` is the moment the digest is of; `after` the last person of the page before."""

    at: datetime
    after: str | None = None


class DigestsWritten(BaseModel):
    """`last` is where the next page begins; None: there is none."""

    mails: int
    last: str | None = None


class DigestActivities(ProcessActivities):
    @activity.defn
    async def write_digests(self, page: DigestPage) -> DigestsWritten:
        """Nothing on a day that the office calendar leaves free."""
        async with self.db.session("digest") as session:
            office = (await calendars(session)).working_time(OFFICE).calendar
            if not office.hours(page.at.astimezone(self.zone).date()):
                return DigestsWritten(mails=0)
            written = await write_digests(session, at=page.at, zone=self.zone, after=page.after)
        return DigestsWritten(**written._asdict())
