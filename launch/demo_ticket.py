"""The demo company's tickets: in several stages, in Chinese and English, with what was said in each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from activities.ticket import TicketState
from db.base import new_id
from db.canned_answer import is_empty
from db.customer import Contact, Customer
from db.outbox import enqueue
from db.projection import next_number
from db.ticket import CannedAnswer, Ticket, TicketMessage, start_of
from domain.process import Event
from domain.ticket_clock import Happened
from settings import Settings

Who = Literal["customer", "agent", "note"]
Line = tuple[Who, float, str]
"""Who said it, how many hours ago, and what."""

VIP = ("hengyuan", "harbour")


@dataclass(frozen=True)
class DemoTicket:
    """`agent` has it; without one it is new, and the desk's own rules find its queue and person."""

    customer: str
    subject: str
    kind: str
    channel: str
    lines: tuple[Line, ...]
    stage: str = "new"
    agent: str = ""
    priority: str = "normal"
    language: str = "zh_CN"
    product: str | None = None


TICKETS = (
    DemoTicket(
        "hengyuan", "杭州仓网关离线，重启无效", "fault", "mail", stage="assigned", agent="gao.fei", priority="high",
        product="GW-10",
        lines=(
            ("customer", 3.4, "早上七点起，杭州仓的网关一直离线，面板上 NET 灯是红的。\n"
                             "断电重启两次都没有用，下午有两车冷链要出库。"),
            ("note", 3.2, "和上周荣达的现象一样，先让他们按复位键，不行就换备机。"),
            ("agent", 3.1, "林女士，您好：\n\n请按住网关背面的复位键 10 秒，三个灯同时闪烁后松开。\n"
                          "若 NET 灯仍为红色，请直接回复本邮件。"),
            ("customer", 0.4, "按了，两分钟后又红了。请尽快，车已经在等。"),
        ),
    ),
    DemoTicket(
        "harbour", "Temperature curve stops at midnight", "fault", "mail", stage="waiting_customer", agent="xie.ting",
        language="en", product="SNS-2",
        lines=(
            ("customer", 27, "Hello,\n\nsince the weekend the curves of truck 14 stop at midnight and go on at six. "
                             "Is that a setting?\n\nTom"),
            ("agent", 25.5, "Hello Tom,\n\nthat looks like the night mode of firmware 3.2. Could you send us the "
                            "serial number of the sensor (lower right of its plate)?"),
        ),
    ),
    DemoTicket(
        "rongda", "投诉：工程师两次没有按时到场", "complaint", "form", stage="assigned", agent="song.dan",
        priority="urgent",
        lines=(
            ("customer", 5.2, "约好上周三和周五上门，两次都没有来，也没有电话说明。这样的服务我们没法接受！"),
            ("note", 4.8, "周三改期是我们内部没有通知，周五是供应商堵车。已请沈玉联系供应商。"),
        ),
    ),
    DemoTicket(
        "lanzhi", "分拣线停机，等待现场支援", "fault", "phone", stage="assigned", agent="gao.fei", priority="urgent",
        lines=(
            ("customer", 9.2, "冯先生来电：分拣线从半夜起停机，屏幕报 E-07。"),
            ("agent", 9.0, "冯先生，您好：\n\n工程师已出发，请先断开二段电源。"),
        ),
    ),
    DemoTicket(
        "cuifeng", "冷库温度持续升高", "fault", "form", stage="assigned", agent="zeng.qiang", priority="urgent",
        lines=(
            ("customer", 7.4, "一号库温度从 -18 度升到 -11 度，还在升。"),
            ("agent", 7.2, "已远程切换到备用机组，请每半小时告诉我们一次温度。"),
        ),
    ),
    DemoTicket(
        "nanyue", "车队定位全部离线", "fault", "form", stage="assigned", agent="xie.ting", priority="urgent",
        lines=(
            ("customer", 5.6, "今天一早所有车的定位都离线了，调度没法工作。"),
            ("agent", 5.5, "运营商基站故障，正在切换备用卡，预计一小时内恢复。"),
        ),
    ),
    DemoTicket(
        "kunlun", "如何导出三个月的温度曲线？", "question", "form", stage="resolved", agent="gao.fei",
        lines=(
            ("customer", 30, "报表里只能选一个月，怎么导出三个月的？"),
            ("agent", 28, "郑女士，您好：\n\n在“报表 > 自定义”里选“按季度”，再点“导出 CSV”即可。"),
            ("customer", 26, "找到了，谢谢！"),
        ),
    ),
    DemoTicket(
        "lanzhi", "备件到货时间", "request", "phone", stage="waiting_third", agent="song.dan",
        lines=(
            ("customer", 8, "冯先生来电：询问第二批传感器备件什么时候到。"),
            ("agent", 7.5, "冯先生，您好：\n\n供应商答应今天确认发货时间，我收到后马上告诉您。"),
        ),
    ),
    DemoTicket(
        "yunfan", "Invoice shows our former name", "request", "mail", language="en",
        lines=(("customer", 0.7, "Hello,\n\nthe November invoice still shows our former company name. Could you "
                                 "issue it anew? We changed it with you in August.\n\nKind regards,\nAmy Lau"),),
    ),
    DemoTicket(
        "blue", "小程序登录后白屏", "fault", "form", priority="high",
        lines=(("customer", 0.3, "今天更新以后，小程序登录完就是白屏，两台手机都一样。"),),
    ),
    DemoTicket(
        "nanyue", "培训改期", "request", "mail", stage="assigned", agent="zeng.qiang",
        lines=(("customer", 2.2, "下周三的现场培训想改到周五下午，请确认是否可以。\n\n龙丽"),),
    ),
    DemoTicket(
        "cuifeng", "传感器读数偏高 2 度", "fault", "form", product="SNS-2",
        lines=(("customer", 0.5, "三号库的两个传感器读数都比水银温度计高 2 度，需要校准吗？"),),
    ),
)  # fmt: skip

ANSWERS = (
    ("复位网关", "zh_CN", "{{ contact }}，您好：\n\n请按住网关背面的复位键 10 秒，"
                          "三个灯同时闪烁后松开，等待两分钟。若 NET 灯仍为红色，请直接回复。"),
    ("传感器序列号在哪里", "zh_CN", "序列号在传感器铭牌的右下角，以 SN 开头，共 12 位。"),
    ("导出季度报表", "zh_CN", "在“报表 > 自定义”里选“按季度”，再点“导出 CSV”。"),
    ("发票抬头变更", "zh_CN", "请提供新的公司名称、税号和变更通知书，我们核对后重开发票，通常需要两个工作日。"),
    ("Reset the gateway", "en", "Hello {{ contact }},\n\nplease hold the reset key at the back of the gateway for ten "
                                "seconds until all three lights flash, then wait two minutes."),
    ("Where the serial number is", "en", "The serial number is on the plate of the sensor, lower right: SN and twelve "
                                         "digits."),
)  # fmt: skip


async def load_tickets(
    session: AsyncSession, settings: Settings, ids: dict[str, str], customers: dict[str, tuple[str, str, str]]
) -> None:
    """Those that are missing: rows, and what starts their processes as soon as a worker runs."""
    vip = [customers[key][0] for key in VIP]
    await session.execute(update(Customer).where(Customer.id.in_(vip)).values(service_tier="vip"))
    if await is_empty(session):
        session.add_all(
            CannedAnswer(id=new_id(), name=name, language=language, body=body, used=0)
            for name, language, body in ANSWERS
        )
    now = datetime.now(UTC)
    for ticket in TICKETS:
        customer_id, region_id, _ = customers[ticket.customer]
        ticket_id = str(uuid5(UUID(customer_id), f"ticket/{ticket.subject}"))
        if await session.get(Ticket, ticket_id) is None:
            await _load(session, settings, ids, ticket, ticket_id, customer_id, region_id, now)


async def _load(
    session: AsyncSession, settings: Settings, ids: dict[str, str], ticket: DemoTicket, ticket_id: str,
    customer_id: str, region_id: str, now: datetime,
) -> None:  # fmt: skip
    contact = (await session.scalars(select(Contact).where(Contact.customer_id == customer_id).limit(1))).one()
    opened = now - timedelta(hours=ticket.lines[0][1])
    row = Ticket(
        id=ticket_id, subject=ticket.subject, kind=ticket.kind, channel=ticket.channel, priority=ticket.priority,
        stage="new", language=ticket.language, product=ticket.product, customer_id=customer_id, contact_id=contact.id,
        from_name=contact.name, from_email=contact.email if ticket.channel == "mail" else None,
        from_phone=contact.phone if ticket.channel == "phone" else None, region_id=region_id, opened_at=opened,
        tier="vip" if ticket.customer in VIP else "standard", sentiment_words=[], breached=0, revision=0,
    )  # fmt: skip
    messages = [
        _message(ticket_id, contact.id, ids.get(ticket.agent), line, no, now) for no, line in enumerate(ticket.lines)
    ]
    row.number = await next_number(session, "T", opened.astimezone(ZoneInfo(settings.zone)).year)
    session.add_all([row, *messages])
    start = start_of(row)
    if ticket.agent:
        state = _past(ticket, row, messages, ids[ticket.agent], now)
        start["input"] |= {"state": state.model_dump(mode="json")}
    else:
        start["input"]["unheard"] = [{"id": messages[0].id, "at": opened.isoformat()}]
    await enqueue(session, start["id"], "start", start)


def _message(
    ticket_id: str, contact_id: str, agent_id: str | None, line: Line, no: int, now: datetime
) -> TicketMessage:
    who, ago, body = line
    message_id = str(uuid5(UUID(ticket_id), f"message/{no}"))
    from_customer = who == "customer"
    return TicketMessage(
        id=message_id, ticket_id=ticket_id, author="customer" if from_customer else "agent",
        author_id=contact_id if from_customer else agent_id, direction={"customer": "in", "agent": "out"}.get(who, who),
        body=body, at=now - timedelta(hours=ago), status="sent" if who == "agent" else "received", automatic=False,
        references=[], attachments=[],
    )  # fmt: skip


def _past(ticket: DemoTicket, row: Ticket, messages: list[TicketMessage], agent: str, now: datetime) -> TicketState:
    """How it stands, and what its clocks and its timeline know of what happened."""
    facts = {"tier": row.tier, "ticket_kind": row.kind, "channel": row.channel, "priority": row.priority}
    history = [Happened(at=row.opened_at, what="opened", facts=facts)]
    told: list[tuple[str, datetime, str, dict[str, Any]]] = [
        ("ticket.received", row.opened_at, "system", {"channel": row.channel}),
        ("ticket.assigned", row.opened_at + timedelta(minutes=2), "system", {"owner": agent, "how_given": "turn"}),
    ]
    for message in messages[1:]:
        kind = {"in": "customer_wrote", "out": "replied", "note": "noted"}[message.direction]
        told.append((f"ticket.{kind}", message.at, agent if message.author == "agent" else "system", {}))
        if message.direction != "note":
            history.append(Happened(at=message.at, what="customer" if message.direction == "in" else "agent"))
    said = [message for message in messages if message.direction != "note"]
    theirs = [message.at for message in said if message.direction == "in"]
    ours = [message.at for message in said if message.direction == "out"]
    resolved = ours[-1] if ticket.stage == "resolved" else None
    if ticket.stage in ("waiting_customer", "waiting_third"):
        history.append(Happened(at=ours[-1], what="paused", why=ticket.stage))
        told.append((f"ticket.{ticket.stage}", ours[-1], agent, {}))
    if resolved is not None:
        history = [one for one in history if one.at <= resolved] + [Happened(at=resolved, what="resolved")]
        told = [*(one for one in told if one[1] <= resolved), ("ticket.resolved", resolved, agent, {}),
                ("ticket.thanked", theirs[-1], "system", {})]  # fmt: skip
    return TicketState(
        record_id=row.id, line_id=row.id, region_id=row.region_id, owner_id=agent, customer_id=row.customer_id,
        title=row.number, stage=ticket.stage, kind=row.kind, channel=row.channel, priority=row.priority, tier=row.tier,
        language=row.language, contact_id=row.contact_id, opened_at=row.opened_at, history=history,
        heard=[message.id for message in messages], last_said_at=said[-1].at, said_at=theirs[-1],
        answered_at=ours[-1] if ours else None, resolved_at=resolved,
        wake_at=max(resolved + timedelta(days=5), now + timedelta(hours=1)) if resolved else None,
        events=[
            Event(id=new_id(), at=at, kind=kind, actor=by, params=params, revision=no)
            for no, (kind, at, by, params) in enumerate(told)
        ],
    )  # fmt: skip
