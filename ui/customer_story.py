"""The story of a customer in words: one timeline of what processes tell, follow-ups, changes of hands, and edits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, NamedTuple
from urllib.parse import urlencode

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.customer_story import SOURCES, Happened, Place, Source, Wanted
from db.record import Document
from db.timeline import Told
from domain.customer_field import Field, Readable, masked, shown
from locales import N_
from ui.story import FILTERS as OF_LINE
from ui.story import MAIN, Story, people_in

Filter = Literal["", "follow_ups", "stages", "contract", "money", "service", "customer", "steps"]
HOW_ICONS = {"call": "phone", "visit": "map-pin", "wechat": "message-square", "mail": "mail"}
EVENT: frozenset[Source] = frozenset({"event"})


class Shows(NamedTuple):
    label: str
    sources: frozenset[Source]
    told: Told


FILTERS: dict[Filter, Shows] = {
    "": Shows(N_("All"), frozenset(SOURCES), MAIN),
    "follow_ups": Shows(N_("Follow-ups"), frozenset({"event", "follow_up"}), OF_LINE["follow_ups"][1]),
    "stages": Shows(N_("Stage moves"), EVENT, OF_LINE["stages"][1]),
    "contract": Shows(N_("Contract"), EVENT, OF_LINE["contract"][1]),
    "money": Shows(N_("Money"), EVENT, OF_LINE["money"][1]),
    "service": Shows(N_("Service"), EVENT, replace(MAIN, processes={"ticket"})),
    "customer": Shows(N_("Changes"), frozenset({"hands", "edit"}), Told()),
    "steps": Shows(N_("Every step"), frozenset(SOURCES), Told()),
}
"""What a customer's timeline may be narrowed to."""

HANDS = {
    "assigned": N_("Assigned to %(to)s"),
    "claimed": N_("%(to)s claimed it from the pool"),
    "allocated": N_("Allocated to %(to)s"),
    "imported": N_("Imported for %(to)s"),
    "lead": N_("Came to %(to)s with a lead"),
    "rule": N_("Assigned to %(to)s by rule"),
    "returned": N_("%(was)s gave it back to the pool"),
    "recycled": N_("Went back to the pool from %(was)s"),
    "merged": N_("Came to %(to)s with a merge"),
    "undone": N_("Back with %(to)s: undone"),
}
BACK = {
    "no_follow_up": N_("No follow-up in time"),
    "no_deal": N_("No deal in time"),
    "given_back": N_("Given back by its owner"),
    "owner_left": N_("Its owner left the company"),
    "taken_back": N_("Taken back by a manager"),
    "undone": N_("Undone"),
}


@dataclass(frozen=True)
class Asked:
    """What the reader narrowed the timeline to; `on` and `until` are days of theirs."""

    told: Filter = ""
    by: str = ""
    on: date | None = None
    until: date | None = None
    after: str = ""

    def wanted(self, story_zone: Any) -> Wanted:
        shows = FILTERS[self.told]
        return Wanted(
            sources=shows.sources, told=shows.told, person=self.by or None, since=_begins(self.on, story_zone),
            until=_begins(self.until + timedelta(days=1) if self.until else None, story_zone),
            after=Place.of(self.after) if self.after else None,
        )  # fmt: skip

    def query(self, **changes: Any) -> str:
        now = {"told": self.told, "by": self.by, "on": self.on, "until": self.until} | changes
        return urlencode({name: str(value) for name, value in now.items() if value})


def _begins(day: date | None, zone: Any) -> datetime | None:
    return datetime.combine(day, time(), zone) if day else None


def people_of(happened: Sequence[Happened]) -> set[str]:
    found = people_in([one.row for one in happened if one.place.source == "event"])
    for one in happened:
        found |= set(filter(None, (getattr(one.row, name, None) for name in ("by", "from_id", "to_id"))))
    return found


async def file_names(session: AsyncSession, happened: Sequence[Happened]) -> dict[str, str]:
    """Of the files hung on follow-ups."""
    hashes = {digest for one in happened if one.place.source == "follow_up" for digest in one.row.documents}
    if not hashes:
        return {}
    rows = await session.execute(select(Document.hash, Document.name).where(Document.hash.in_(hashes)))
    return {row.hash: row.name for row in rows}


@dataclass(frozen=True)
class Telling:
    """One reader's way to tell it: `lines` has the title and address of the deal of each line."""

    story: Story
    readable: Readable
    lines: Mapping[str, tuple[str, str]]
    files: Mapping[str, str]

    def told(self, happened: Sequence[Happened]) -> list[dict[str, Any]]:
        """As the macro `ui.timeline` shows it; what a reader may see nothing of is left out."""
        said = (getattr(self, f"_{one.place.source}")(one.row) for one in happened)
        return [one for one in said if one is not None]

    def _event(self, row: Any) -> dict[str, Any] | None:
        return self.story.told([row], self.lines)[0]

    def _follow_up(self, row: Any) -> dict[str, Any] | None:
        story = self.story
        how, outcome = story.label("follow_up_how", row.how), story.label("follow_up_outcome", row.outcome)
        return self._entry(row, HOW_ICONS.get(row.how, "phone"), f"{how} · {outcome}", row.by, self._said(row))

    def _said(self, row: Any) -> Markup | str:
        story, parts = self.story, [row.note] if row.note else []
        if row.contact_id and (who := story.contacts.get(row.contact_id)):
            parts.append(who)
        if row.next_at:
            parts.append(story._(N_("next on %(day)s")) % {"day": story.formats.day(row.next_at)})
        links = [
            Markup('<a href="/documents/{}">{}</a>').format(digest, self.files[digest])
            for digest in row.documents
            if digest in self.files
        ]
        if row.latitude is not None:
            place, words = f"{row.latitude:.6f},{row.longitude:.6f}", story._(N_("on the spot"))
            links.append(Markup('<a href="geo:{}">{}</a>').format(place, words))
        return Markup(" · ").join([*parts, *links])

    def _hands(self, row: Any) -> dict[str, Any] | None:
        story, pool = self.story, self.story._(N_("the pool"))
        to, was = story.names.person(row.to_id) or pool, story.names.person(row.from_id) or pool
        what = story._(HANDS.get(row.how, HANDS["assigned"])) % {"to": to, "was": was}
        why = story._(BACK[row.reason]) if row.reason in BACK else ""
        detail = " · ".join(filter(None, [story.names.unit(row.region_id), why]))
        state = "warn" if row.how == "recycled" else None
        return self._entry(row, "users" if row.to_id else "inbox", what, row.by, detail, state)

    def _edit(self, row: Any) -> dict[str, Any] | None:
        story = self.story
        seen = [field for field in self.readable.fields if field.key in row.after]
        if not seen and "kind" not in row.after:
            return None
        pair = story._(N_("%(field)s: %(was)s → %(now)s"))
        changes = [
            pair
            % {
                "field": self._called(field),
                "was": self._value(field, row.before),
                "now": self._value(field, row.after),
            }
            for field in seen
        ]
        return self._entry(row, "pencil", story._(N_("Changed what is known")), row.by, story._(N_("; ")).join(changes))

    def _called(self, field: Field) -> str:
        return field.label.called(self.story.language)

    def _value(self, field: Field, values: Mapping[str, Any]) -> str:
        value = values.get(field.key)
        if field.key in self.readable.masked:
            return masked(field, value) or "–"
        if field.type in ("person", "people", "department", "customer", "files") and value:
            return "…"
        return shown(field, value, self.story.formats) or "–"

    def _entry(
        self, row: Any, icon: str, what: str, by: str | None, detail: Markup | str, state: str | None = None
    ) -> dict[str, Any]:
        who = self.story.names.person(by)
        return {"icon": icon, "state": state, "what": what, "who": who, "at": row.at, "detail": detail, "where": None}
