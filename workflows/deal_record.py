"""What people keep on a deal's record: its figures, follow-ups, people, competitors, files, and how it ended."""

from datetime import date
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.deal import MOST, Competitor, DealFile, DealPerson, check_reason
    from domain.process import Command
    from domain.refusal import Refused, invalid, not_found
    from workflows.deal_transfer import DealTransfer
    from workflows.process import command


class EditDeal(Command):
    """None leaves a field as it is; `no_close_on` and `no_next_step_on` take a date away, an empty `next_step` takes
    both step and date away. `version` is the one the editor saw.
    """

    version: int
    title: str | None = None
    amount: int | None = None
    close_on: date | None = None
    no_close_on: bool = False
    next_step: str | None = None
    next_step_on: date | None = None
    no_next_step_on: bool = False


class NoteDeal(Command):
    """A follow-up: `how` (domain.deal.How), what it came to (`result`), and the step planned next, if that changes."""

    how: str
    note: str = ""
    result: str | None = None
    next_step: str | None = None
    next_step_on: date | None = None


class KeepPerson(Command):
    """Adds a contact of the customer to the deal, or changes the part of one who is on it."""

    person: DealPerson


class DropPerson(Command):
    contact_id: str


class KeepCompetitor(Command):
    """`competitor_id`: the one to change; None adds one."""

    competitor_id: str | None = None
    name: str
    strengths: str = ""
    status: str = "active"


class DropCompetitor(Command):
    competitor_id: str


class KeepFile(Command):
    """A document of the store; its command has looked that it is there."""

    hash: str
    name: str
    size: int
    media_type: str


class DropFile(Command):
    file_id: str


class DealRecord(DealTransfer):
    """Base of DealWorkflow: what is done on the record, as long as the deal is under way."""

    def _may_edit(self, asked: EditDeal) -> None:
        self._may_work(asked)
        self._is_current(asked.version)
        if asked.amount not in (None, self.state.amount):
            self._amount_is_free()

    @command(_may_edit)
    def edit(self, asked: EditDeal) -> None:
        fields = {"title", "amount", "close_on", "next_step", "next_step_on"}
        news = asked.model_dump(include=fields, exclude_none=True)
        if asked.no_close_on:
            news["close_on"] = None
        if asked.no_next_step_on or asked.next_step == "":
            news["next_step_on"] = None
        self._active()
        self.fill_in(news, asked.actor.id, always=True)

    def fill_in(self, news: dict[str, Any], by: str, *, always: bool = False) -> None:
        """Writes fields of the record; told where one of them changed, or `always`."""
        state = self.state
        changed = {k: v for k, v in news.items() if getattr(state, k) != v}
        for name, value in changed.items():
            setattr(state, name, value)
        state.amount_news = state.amount_news or "amount" in changed
        if changed or always:
            self.change("deal.edited", actor=by, **{k: v and str(v) for k, v in changed.items()})

    def _may_note(self, asked: NoteDeal) -> None:
        self._may_work(asked)
        if not asked.note.strip() and not asked.result:
            raise invalid("field_needed", "note")

    @command(_may_note)
    def note(self, asked: NoteDeal) -> None:
        state, planned = self.state, {}
        if asked.next_step and (asked.next_step, asked.next_step_on) != (state.next_step, state.next_step_on):
            state.next_step, state.next_step_on = asked.next_step, asked.next_step_on
            day = asked.next_step_on
            planned = {"next_step": asked.next_step, "next_step_on": day.isoformat() if day else None}
        self._active()
        self.change(
            "deal.followed_up", actor=asked.actor.id, how=asked.how, note=asked.note or None, result=asked.result,
            **planned,
        )  # fmt: skip

    # --- how it ended ---------------------------------------------------------------------------------------------

    def check_end(self, to_stage: str, reason: str | None, note: str | None) -> None:
        """An end has one of the reasons that the pipeline lists for it."""
        kind = self.pipeline.stage(to_stage).kind
        if kind != "open":
            check_reason(self.pipeline.won_reasons if kind == "won" else self.pipeline.lost_reasons, reason, note)

    def end(self, was: str, reason: str | None, note: str | None, competitor: str | None) -> None:
        """Keeps why, once the deal stands in its last stage; back in an open one nothing of that is left."""
        state, kind = self.state, self._kind
        state.end_reason, state.end_note = (reason, note) if kind != "open" else (None, None)
        state.lost_to, state.lost_in = (competitor, was) if kind == "lost" else (None, None)

    # --- people on the customer's side ----------------------------------------------------------------------------

    def _may_keep_person(self, asked: KeepPerson) -> None:
        self._may_work(asked)
        if self._person(asked.person.contact_id) is None:
            _room(self.state.people)

    @command(_may_keep_person)
    def keep_person(self, asked: KeepPerson) -> None:
        there = self._person(asked.person.contact_id)
        if there is None:
            self.state.people.append(asked.person)
        else:
            self.state.people[self.state.people.index(there)] = asked.person
        self._parts_changed()
        kind = "deal.person_changed" if there else "deal.person_added"
        self.change(kind, actor=asked.actor.id, contact=asked.person.contact_id, person_role=asked.person.role,
                    attitude=asked.person.attitude)  # fmt: skip

    def _may_drop_person(self, asked: DropPerson) -> None:
        self._may_work(asked)
        if self._person(asked.contact_id) is None:
            raise not_found("person")

    @command(_may_drop_person)
    def drop_person(self, asked: DropPerson) -> None:
        self.state.people = [one for one in self.state.people if one.contact_id != asked.contact_id]
        self._parts_changed()
        self.change("deal.person_removed", actor=asked.actor.id, contact=asked.contact_id)

    def _person(self, contact_id: str) -> DealPerson | None:
        return next((one for one in self.state.people if one.contact_id == contact_id), None)

    # --- competitors ----------------------------------------------------------------------------------------------

    def _may_keep_competitor(self, asked: KeepCompetitor) -> None:
        self._may_work(asked)
        if asked.competitor_id is None:
            _room(self.state.competitors)
        elif self._competitor(asked.competitor_id) is None:
            raise not_found("competitor")
        same = asked.name.casefold()
        if any(one.name.casefold() == same and one.id != asked.competitor_id for one in self.state.competitors):
            raise invalid("competitor_there", "name")

    @command(_may_keep_competitor)
    def keep_competitor(self, asked: KeepCompetitor) -> dict[str, str]:
        there = self._competitor(asked.competitor_id or "")
        kept = Competitor(
            id=there.id if there else self.new_id(), name=asked.name, strengths=asked.strengths, status=asked.status
        )
        if there is None:
            self.state.competitors.append(kept)
        else:
            self.state.competitors[self.state.competitors.index(there)] = kept
        self._parts_changed()
        kind = "deal.competitor_changed" if there else "deal.competitor_added"
        self.change(kind, actor=asked.actor.id, competitor=kept.name, competitor_status=kept.status)
        return {"competitor_id": kept.id}

    def _may_drop_competitor(self, asked: DropCompetitor) -> None:
        self._may_work(asked)
        if self._competitor(asked.competitor_id) is None:
            raise not_found("competitor")

    @command(_may_drop_competitor)
    def drop_competitor(self, asked: DropCompetitor) -> None:
        gone = self._competitor(asked.competitor_id)
        assert gone is not None  # noqa: S101 - the validator saw it in the same turn
        self.state.competitors.remove(gone)
        self._parts_changed()
        self.change("deal.competitor_removed", actor=asked.actor.id, competitor=gone.name)

    def _competitor(self, competitor_id: str) -> Competitor | None:
        return next((one for one in self.state.competitors if one.id == competitor_id), None)

    # --- files ----------------------------------------------------------------------------------------------------

    def _may_keep_file(self, asked: KeepFile) -> None:
        self._may_touch(asked)
        if self.state.closed_at is not None:
            raise Refused("deal_closed", 409, stage=self.state.stage)
        _room(self.state.files)

    @command(_may_keep_file)
    def keep_file(self, asked: KeepFile) -> dict[str, str]:
        kept = DealFile(
            id=self.new_id(), hash=asked.hash, name=asked.name, size=asked.size, media_type=asked.media_type,
            by=asked.actor.id, at=workflow.now(),
        )  # fmt: skip
        self.state.files.append(kept)
        self._parts_changed()
        self.change("deal.file_added", actor=asked.actor.id, file=kept.name)
        return {"file_id": kept.id}

    def _may_drop_file(self, asked: DropFile) -> None:
        self._may_touch(asked)
        if self._file(asked.file_id) is None:
            raise not_found("file")

    @command(_may_drop_file)
    def drop_file(self, asked: DropFile) -> None:
        """The deal no longer shows it; the document store keeps what came in."""
        gone = self._file(asked.file_id)
        assert gone is not None  # noqa: S101 - the validator saw it in the same turn
        self.state.files.remove(gone)
        self._parts_changed()
        self.change("deal.file_removed", actor=asked.actor.id, file=gone.name)

    def _file(self, file_id: str) -> DealFile | None:
        return next((one for one in self.state.files if one.id == file_id), None)

    def _parts_changed(self) -> None:
        self.state.has_parts = True
        self._active()


def _room(kept: list[DealPerson] | list[Competitor] | list[DealFile]) -> None:
    if len(kept) >= MOST:
        raise Refused("too_many", 422, most=MOST)
