"""What the demo company's service desk has behind it: answered tickets of two months, and a promise round the clock.

Answered tickets are rows as their processes left them, reckoned by the policies in force, so that reports, routing
accuracy and satisfaction have something to say; no process runs for them.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from activities.ticket import TicketState
from db.calendar import Calendars
from db.policy import current_policy, publish
from db.process import Process, TimelineEvent
from db.projection import next_number
from db.ticket import Ticket, TicketMessage
from db.ticket_clock import write_clocks
from db.ticket_intake import TicketRating
from db.ticket_routing import TicketRoute
from domain.calendar import WEEKDAYS, CalendarPolicy
from domain.policy import load
from domain.sla import SlaPolicy
from domain.ticket_clock import Happened, TicketClock, reckon
from settings import Settings

MANY = 48
PLACES = (
    ("hengyuan", ("gao.fei", "song.dan")), ("rongda", ("song.dan", "gao.fei")), ("kunlun", ("gao.fei", "song.dan")),
    ("harbour", ("xie.ting", "zeng.qiang")), ("nanyue", ("zeng.qiang", "xie.ting")),
    ("cuifeng", ("xie.ting", "zeng.qiang")),
)  # fmt: skip
ASKED = (
    ("repair", "fault", "冷库传感器没有数据", "二号库的传感器从早上起没有数据，重启过网关也没有恢复。",
     "已远程重置传感器，数据恢复正常。"),
    ("billing", "question", "发票税号更正", "上月发票的税号写错了一位，请重开。",
     "发票已重开，电子版已发到您的邮箱。"),
    ("general", "question", "怎样给同事开通账号", "新来的同事需要登录，怎样开通账号？",
     "在“设置 > 成员”里添加，邀请邮件会自动发出。"),
    ("repair", "fault", "车载终端频繁重启", "三号车的终端每隔十分钟重启一次。",
     "终端电源线松动，已安排更换，现在运行正常。"),
    ("complaints", "complaint", "客服电话一直占线", "昨天下午打了一个小时都没有接通。",
     "非常抱歉，昨天线路检修，已为您补偿一个月服务。"),
    ("general", "request", "希望增加短信提醒", "温度超限时能否发短信给两个人？",
     "已为您开通，第二个号码在“提醒”里填写。"),
    ("billing", "request", "对账单格式", "请把对账单按仓库分开列。",
     "从本月起按仓库分列，样张见附件说明。"),
    ("repair", "fault", "门磁报警不响", "冷库门开着超过五分钟，没有报警。",
     "固件已升级，报警恢复，请再试一次。"),
)  # fmt: skip
FIRST = (12, 35, 80, 26, 150, 48, 330, 20)
"""Minutes until the first answer."""
DONE = (3.0, 9.0, 27.0, 5.0, 52.0, 8.0, 30.0, 118.0)
"""Hours until it was resolved."""
SAID = ("很快就解决了，谢谢。", None, "态度很好。", None, "等得有点久。", None)


@dataclass(frozen=True)
class Past:
    """One answered ticket: what was asked, by whom, who answered, and when."""

    no: int
    customer: tuple[str, str, str]
    agent: str
    opened: datetime
    tier: str

    @property
    def asked(self) -> tuple[str, str, str, str, str]:
        return ASKED[self.no % len(ASKED)]

    @property
    def id(self) -> str:
        return str(uuid5(UUID(self.customer[0]), f"ticket/past/{self.no}"))

    @property
    def answered(self) -> datetime:
        return self.opened + timedelta(minutes=FIRST[self.no * 3 % len(FIRST)])

    @property
    def resolved(self) -> datetime:
        return max(self.opened + timedelta(hours=DONE[self.no * 5 % len(DONE)]), self.answered)

    @property
    def closed(self) -> datetime:
        return self.resolved + timedelta(days=5)

    @property
    def facts(self) -> dict[str, str]:
        return {"tier": self.tier, "ticket_kind": self.asked[1], "channel": "form", "priority": "normal"}

    @property
    def happened(self) -> list[Happened]:
        return [
            Happened(at=self.opened, what="opened", facts=self.facts),
            Happened(at=self.answered, what="agent"),
            Happened(at=self.resolved, what="resolved"),
        ]


async def promise_round_the_clock(session: AsyncSession) -> None:
    """Urgent tickets are promised an answer at night, too: the board shows every lane at any hour."""
    version, document = await current_policy(session, CalendarPolicy.kind)
    if "always" not in document["calendars"]:
        always = {"zone": "UTC", "week": {day: [{"start": "00:00", "end": "24:00"}] for day in WEEKDAYS}}
        calendars = {**document, "calendars": {**document["calendars"], "always": always}}
        await publish(
            session, CalendarPolicy.kind, calendars, by=None, note="全天候", follows=version,
            origin="policy/demo/always",
        )  # fmt: skip
    version, document = await current_policy(session, SlaPolicy.kind)
    rows = document["table"]["rows"]
    if not any(row["id"] == "urgent" for row in rows):
        levels = deepcopy(document)
        then = {"calendar": "always", "first_response": "PT1H", "next_response": "PT2H", "resolution": "PT8H"}
        urgent = {"id": "urgent", "when": {"priority": {"op": "in", "values": ["urgent"]}}, "then": then, "note": ""}
        levels["table"]["rows"] = [urgent, *rows]
        await publish(
            session, SlaPolicy.kind, levels, by=None, note="紧急工单全天候响应", follows=version,
            origin="policy/demo/urgent",
        )  # fmt: skip


async def load_answered(
    session: AsyncSession, settings: Settings, ids: dict[str, str], customers: dict[str, tuple[str, str, str]],
    vip: tuple[str, ...],
) -> None:  # fmt: skip
    """Once: the last one tells that they are there."""
    zone = ZoneInfo(settings.zone)
    past = [_past(no, ids, customers, vip, zone) for no in range(MANY)]
    if await session.get(Ticket, past[-1].id) is not None:
        return
    sla, levels = await current_policy(session, SlaPolicy.kind)
    calendar, document = await current_policy(session, CalendarPolicy.kind)
    policy, hours = load(SlaPolicy, levels), Calendars(load(CalendarPolicy, document))
    policies = {SlaPolicy.kind: sla, CalendarPolicy.kind: calendar}
    for one in past:
        number = await next_number(session, "T", one.opened.astimezone(zone).year)
        clocks = reckon(one.happened, policy, hours.working_time)
        await session.execute(insert(Ticket), [_ticket(one, number, clocks, policies)])
        await write_clocks(
            session, one.id, clocks, one.happened, policies=policies, region_id=one.customer[1], queue=one.asked[0],
            assignee_id=one.agent, tier=one.tier,
        )  # fmt: skip
    await session.execute(insert(TicketMessage), [row for one in past for row in _messages(one)])
    await session.execute(insert(TicketRoute), [_route(one) for one in past])
    await session.execute(insert(Process), [_process(one, policies) for one in past])
    await session.execute(insert(TimelineEvent), [row for one in past for row in _events(one)])
    await session.execute(insert(TicketRating), [_rating(one) for one in past if one.no % 2 == 0])


def _past(
    no: int, ids: dict[str, str], customers: dict[str, tuple[str, str, str]], vip: tuple[str, ...], zone: ZoneInfo
) -> Past:
    """The newest came in a week ago, the others before, one about every day, in working hours."""
    customer, agents = PLACES[no % len(PLACES)]
    day = datetime.now(zone) - timedelta(days=9 + no)
    opened = day.replace(hour=9 + no % 7, minute=no * 13 % 60, second=0, microsecond=0).astimezone(UTC)
    tier = "vip" if customer in vip else "standard"
    return Past(no, customers[customer], ids[agents[no // len(PLACES) % len(agents)]], opened, tier)


def _shared(one: Past) -> dict[str, Any]:
    customer_id, region_id, _ = one.customer
    queue, kind, *_ = one.asked
    return {
        "customer_id": customer_id, "region_id": region_id, "queue": queue, "kind": kind, "stage": "closed",
        "channel": "form", "priority": "normal", "tier": one.tier, "language": "zh_CN", "opened_at": one.opened,
        "resolved_at": one.resolved, "closed_at": one.closed, "said_at": one.opened, "answered_at": one.answered,
    }  # fmt: skip


def _ticket(one: Past, number: str, clocks: list[TicketClock], policies: dict[str, int]) -> dict[str, Any]:
    state = TicketState(
        record_id=one.id, line_id=one.id, owner_id=one.agent, title=number, received=True, outcome="closed",
        policies=policies, history=one.happened, clocks=clocks, last_said_at=one.answered, **_shared(one),
    )  # fmt: skip
    return _shared(one) | {
        "id": one.id, "number": number, "subject": one.asked[2], "assignee_id": one.agent, "sentiment_words": [],
        "breached": 0, "revision": 1, "kept": state.to_keep,
    }  # fmt: skip


def _messages(one: Past) -> list[dict[str, Any]]:
    *_, question, answer = one.asked
    shared = {"ticket_id": one.id, "automatic": False, "references": [], "attachments": []}
    first, second = (str(uuid5(UUID(one.id), f"message/{no}")) for no in range(2))
    return [
        {"id": first, "author": "customer", "author_id": None, "direction": "in", "body": question, "at": one.opened,
         "status": "received", **shared},
        {"id": second, "author": "agent", "author_id": one.agent, "direction": "out", "body": answer,
         "at": one.answered, "status": "sent", **shared},
    ]  # fmt: skip


def _route(one: Past) -> dict[str, Any]:
    """Mostly the rules were right; some a person had to sort, and a few were moved later."""
    right, wrong, sorted_by_hand = one.asked[0], one.no % 9 == 4, one.no % 8 == 5
    ruled = None if sorted_by_hand else "general" if wrong and right != "general" else right
    return {
        "ticket_id": one.id, "no": 1, "at": one.opened, "by": "triage" if sorted_by_hand else "rules", "queue": ruled,
        "row": None, "ruled": ruled, "guessed": None, "confidence": None, "sure": False, "guesses": [], "keywords": [],
        "model": None, "policy": 1,
    }  # fmt: skip


def _process(one: Past, policies: dict[str, int]) -> dict[str, Any]:
    return {
        "workflow_id": f"ticket/{one.id}", "kind": "ticket", "record_id": one.id, "line_id": one.id, "run_id": "",
        "revision": 1, "stage": "closed", "waiting": [], "region_id": one.customer[1], "owner_id": one.agent,
        "customer_id": one.customer[0], "opened_at": one.opened, "changed_at": one.closed, "closed_at": one.closed,
        "outcome": "closed", "policies": policies,
    }  # fmt: skip


def _events(one: Past) -> list[dict[str, Any]]:
    told: list[tuple[str, datetime, str, dict[str, Any]]] = [
        ("received", one.opened, "system", {"channel": "form"}),
        ("queued", one.opened, "system", {"queue": one.asked[0], "by": "rules"}),
        ("assigned", one.opened, "system", {"owner": one.agent, "how_given": "turn"}),
        ("replied", one.answered, one.agent, {}),
        ("resolved", one.resolved, one.agent, {}),
        ("ended", one.closed, "system", {"stage": "closed"}),
    ]
    return [
        {"id": str(uuid5(UUID(one.id), f"event/{no}")), "at": at, "workflow_id": f"ticket/{one.id}",
         "process_kind": "ticket", "record_id": one.id, "line_id": one.id, "customer_id": one.customer[0],
         "kind": f"ticket.{kind}", "actor": by, "params": params, "revision": no}
        for no, (kind, at, by, params) in enumerate(told)
    ]  # fmt: skip


def _rating(one: Past) -> dict[str, Any]:
    score = (5, 4, 5, 3, 5, 2)[one.no // 2 % 6]
    return {
        "ticket_id": one.id, "score": score, "words": SAID[one.no // 2 % len(SAID)],
        "at": one.resolved + timedelta(hours=3), "assignee_id": one.agent, "queue": one.asked[0],
        "region_id": one.customer[1],
    }  # fmt: skip
