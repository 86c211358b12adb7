"""A signed contract runs on: reminders before its notice, the question whether to renew it, its end; each once."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from commands.contract_term import ContractTermCommands
from commands.policy import Policies
from db.contract_term import ContractTerm
from db.deal import Deal
from db.policy import current_policy
from db.process import Notification, Task, TimelineEvent
from domain.clause.period import Period
from domain.contract_term import TermRules, Terms, agenda, last_day, months_after, passed_over, proposed
from domain.payment_plan import day_begins, day_ends
from domain.refusal import Refused
from tests.workflows.office import Office
from tests.workflows.signings import SigningOffice, a_page

ZONE = "Asia/Shanghai"
RULES = TermRules()


def test_the_days_follow_from_what_a_check_found() -> None:
    signed = date(2026, 3, 31)
    found = {"renewal_notice": "30d", "auto_renewal": "same", "warranty_period": "12m"}
    terms = proposed("2026-01-01/2026-12-31", found, signed)
    assert (terms.starts_on, terms.ends_on) == (date(2026, 1, 1), date(2026, 12, 31))
    assert (terms.notice_until, terms.renews_months) == (date(2026, 12, 1), 12)
    assert terms.warranty_until == date(2026, 12, 31)
    assert terms.gone_on().ends_on == date(2027, 12, 31)
    assert proposed("12m", {"auto_renewal": "none"}, signed).ends_on == last_day(signed, "12m") == date(2027, 3, 30)
    assert proposed("", {}, signed) == Terms(starts_on=signed)
    assert months_after(date(2027, 2, 28), 12) == date(2028, 2, 29), "the last day of a month stays the last"
    assert Period.of(Period(ends_on=date(2027, 1, 1)).value) == Period(ends_on=date(2027, 1, 1))


def test_what_is_due_comes_in_order_and_nothing_ends_on_an_unconfirmed_day() -> None:
    terms = Terms(
        starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31), notice_days=30, warranty_until=date(2027, 1, 31)
    )
    whole = agenda(terms, RULES, ZONE, decided=False, confirmed=True)
    assert [one.what for one in whole] == ["notice_soon", "notice_soon", "decide", "over", "warranty_soon"]
    assert whole[2].at == datetime(2026, 12, 1, tzinfo=ZoneInfo(ZONE)), "as the last day for notice begins"
    assert [one.what for one in agenda(terms, RULES, ZONE, decided=True, confirmed=False)] == ["warranty_soon"]
    between = datetime(2026, 11, 28, tzinfo=ZoneInfo(ZONE))
    assert passed_over(whole, between, ZONE) == [whole[0].key], "of two that are late the newer one is still said"
    assert len(passed_over(whole, datetime(2027, 6, 1, tzinfo=ZoneInfo(ZONE)), ZONE)) == 3


class TermOffice:
    def __init__(self, office: Office, contract_id: str) -> None:
        self.office, self.id = office, contract_id
        self.commands = ContractTermCommands(office.desk)

    @classmethod
    async def signed(cls, office: Office, text: str = "Contract of sale", **rules: object) -> TermOffice:
        """Li Wei's contract, approved by Zhao Min and signed elsewhere; `rules` are those of the term."""
        async with office.db.session() as session:
            version, document = await current_policy(session, "contract")
        admin = await office.actor("gu.ming")
        lead = {"notice": ["PT48H", "PT24H"], "warranty": ["PT24H"]}
        changed = document | {"term": lead | rules}
        await Policies(office.db).publish(admin, uuid4().hex, "contract", changed, follows=version)
        case = await SigningOffice.approved(office, content=a_page(text), rules={"ours": "none"})
        return cls(office, case.contract.id)

    async def row(self, **where: object) -> ContractTerm:
        return await self.office.until(lambda: self.office.row(ContractTerm, id=self.id, **where), f"a term {where}")

    async def task(self, kind: str) -> Task:
        return await self.office.open_task(kind, record_id=self.id)

    async def today(self) -> date:
        return (await self.office.env.get_current_time()).astimezone(ZoneInfo(self.office.settings.zone)).date()

    async def confirm(self, terms: Terms, by: str = "li.wei", key: str | None = None) -> None:
        row = await self.row()
        await self.commands.confirm(
            await self.office.actor(by), key or uuid4().hex, self.id, version=row.version, terms=terms
        )

    async def to_the_last_day(self, terms: Terms) -> None:
        """To a moment after its last day, while its warranty still goes on."""
        assert terms.ends_on is not None
        at = day_ends(terms.ends_on, ZONE)
        await self.office.time_passes(at - await self.office.env.get_current_time() + timedelta(seconds=1))

    async def over(self, last: date) -> ContractTerm:
        """When nothing more is to be done, as day `last` begins. The server of the tests stands still once a process
        ends after the one that began it: so the last moment passes by the clock on the wall."""
        at = day_begins(last, ZONE)
        await self.office.time_passes(at - await self.office.env.get_current_time() - timedelta(seconds=1))

        async def closed() -> ContractTerm | None:
            row = await self.office.row(ContractTerm, id=self.id)
            return row if row and row.closed_at else None

        return await self.office.until(closed, "its end")

    async def told(self) -> list[str]:
        """What the timeline says of it, in order."""
        events = [
            one for one in await self.office.rows(TimelineEvent, record_id=self.id) if one.process_kind != "contract"
        ]
        return [one.kind for one in sorted(events, key=lambda one: one.revision) if one.kind.startswith("term.")]

    async def heard(self, name: str, kind: str) -> int:
        person = self.office.people[name]
        return len(await self.office.rows(Notification, person_id=person, kind=kind))


async def test_the_owner_confirms_what_was_read_and_each_reminder_comes_once_in_order(office: Office) -> None:
    today = datetime.now(ZoneInfo(ZONE)).date()
    ends = today + timedelta(days=12)
    case = await TermOffice.signed(office, f"This Agreement remains in force until {ends.isoformat()}. Contract")
    read = await case.row(ends_on=ends)
    assert (read.confirmed_at, read.status) == (None, "running"), "as it was read, until somebody has looked"
    asked = await case.task("confirm_term")
    with pytest.raises(Refused) as early:
        await case.confirm(Terms(starts_on=today, ends_on=today - timedelta(days=1)))
    assert (early.value.code, early.value.field) == ("contract_ends_early", "ends_on")
    with pytest.raises(Refused) as other:
        await case.confirm(Terms(ends_on=ends), by="wu.hao")
    assert other.value.status in (403, 404)

    terms = Terms(starts_on=today, ends_on=ends, notice_days=5, warranty_until=ends + timedelta(days=3))
    key = uuid4().hex
    await case.commands.confirm(await office.actor("li.wei"), key, case.id, version=1, terms=terms)
    await case.commands.confirm(await office.actor("li.wei"), key, case.id, version=1, terms=terms)  # the click again
    with pytest.raises(Refused) as stale:
        await case.commands.confirm(await office.actor("li.wei"), uuid4().hex, case.id, version=1, terms=terms)
    assert stale.value.code == "stale_version"
    done = await office.until(lambda: office.row(Task, id=asked.id, status="done"), "the task's end")
    assert (done.outcome, done.decided_by) == ("confirmed", office.people["li.wei"])

    await case.to_the_last_day(terms)  # all of it falls due, one after the other
    await case.row(status="ended")
    over = await case.over(ends + timedelta(days=2))
    assert over.next_at is None
    assert await case.told() == [
        "term.opened", "term.confirmed", "term.notice_soon", "term.notice_soon", "term.ended", "term.warranty_soon",
        "term.closed",
    ]  # fmt: skip
    for name in ("li.wei", "zhao.min"):  # owner and manager
        assert await case.heard(name, "term.notice_soon") == 2
        assert await case.heard(name, "term.warranty_soon") == 1
        assert await case.heard(name, "task.opened.decide_term") == 1
    gone = await office.row(Task, record_id=case.id, kind="decide_term")
    assert gone is not None
    assert gone.status == "cancelled", "it ended before anybody decided"


async def test_renewing_begins_one_deal_and_the_contract_runs_to_its_end(office: Office) -> None:
    case = await TermOffice.signed(office)
    today = await case.today()
    assert (await case.row()).ends_on is None
    with pytest.raises(Refused) as unknown:
        await case.commands.decide(await office.actor("li.wei"), uuid4().hex, case.id, version=1, decision="end")
    assert unknown.value.code == "term_unknown"
    await case.confirm(Terms(ends_on=today + timedelta(days=6), notice_days=2))
    await office.days_pass(5)
    task = await case.task("decide_term")
    assert f"person:{office.people['li.wei']}" in task.holders
    li, key = await office.actor("li.wei"), uuid4().hex
    with pytest.raises(Refused) as not_so:
        await case.commands.decide(li, uuid4().hex, case.id, version=2, decision="go_on")
    assert not_so.value.code == "term_goes_not_on"
    first = await case.commands.decide(
        li, key, case.id, version=2, decision="renew", title="再来一年", amount=50_000_00
    )
    again = await case.commands.decide(
        li, key, case.id, version=2, decision="renew", title="再来一年", amount=50_000_00
    )
    assert first.result == again.result
    deal = await office.deal_when(first.result["deal_id"])
    assert (deal.title, deal.amount, deal.owner_id) == ("再来一年", 50_000_00, office.people["li.wei"])
    assert deal.close_on == today + timedelta(days=6)
    row = await case.row(status="renewed")
    assert (row.decision, row.renewal_id) == ("renew", deal.id)
    with pytest.raises(Refused) as twice:
        await case.commands.decide(li, uuid4().hex, case.id, version=3, decision="end")
    assert twice.value.code == "term_renewed"
    await case.over(today + timedelta(days=7))
    assert len([one for one in await office.rows(Deal) if one.title == "再来一年"]) == 1


async def test_without_notice_it_goes_on_by_itself_and_is_asked_about_anew(office: Office) -> None:
    case = await TermOffice.signed(office)
    today = await case.today()
    ends = today + timedelta(days=4)
    await case.confirm(Terms(ends_on=ends, notice_days=1, renews_months=1))
    await office.days_pass(6)
    went_on = await case.row(ends_on=months_after(ends, 1))
    assert went_on.status == "running"
    assert (await case.told()).count("term.went_on") == 1
    zhao = await office.actor("zhao.min")
    await case.commands.decide(
        zhao, uuid4().hex, case.id, version=went_on.version, decision="end", comment="另找供应商"
    )
    over = await case.over(months_after(ends, 1) + timedelta(days=1))
    assert (over.decision, over.decided_by) == ("end", office.people["zhao.min"])
    assert (await case.told())[-2:] == ["term.ended", "term.closed"]
