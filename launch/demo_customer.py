"""What the demo company knows of its customers in fields of its own, and how its people followed them up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.customer import Assignment, Contact, Customer
from db.customer_field import CustomerSerial
from db.follow_up import FollowUp
from db.policy import publish
from domain.customer_field import DEFAULT
from domain.follow_up import How, Outcome
from domain.policy import validate


def _field(key: str, zh: str, en: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "label": {"zh": zh, "en": en}, "type": kind, **more}


def _option(value: str, zh: str, en: str) -> dict[str, Any]:
    return {"value": value, "label": {"zh": zh, "en": en}}


FIELDS = {
    **DEFAULT,
    "fields": [
        _field("level", "合作级别", "Partner level", "choice", options=[
            _option("gold", "金牌", "Gold"), _option("silver", "银牌", "Silver"), _option("new", "新客户", "New"),
        ]),
        _field("employees", "员工人数", "Employees", "integer", least=1),
        _field("revenue", "年营业额", "Revenue a year", "money", masked_for=["support_agent", "support_lead"]),
        _field("each", "人均营业额", "Revenue each", "formula", formula="round(revenue / employees)"),
        _field("customer_no", "客户编号", "Customer number", "serial", pattern="KH-{year}-{no:4}"),
        _field("lines", "产品线", "Product lines", "choices", options=[
            _option("cold", "冷链", "Cold chain"), _option("fleet", "车队", "Fleet"),
            _option("mes", "车间", "Shop floor"),
        ]),
        _field("credit", "信用评分", "Credit rating", "rating", hidden_from=["support_agent", "support_lead"]),
        _field("founded", "成立日期", "Founded", "date"),
        _field("portal", "采购门户", "Buying portal", "url"),
    ],
    "layouts": {"company": [
        {"title": {"zh": "合作", "en": "Partnership"}, "fields": ["customer_no", "level", "lines", "credit"]},
        {"title": {"zh": "企业概况", "en": "Company"}, "fields": [
            "industry", "employees", "revenue", "each", "founded", "province", "city", "address", "domain", "portal",
        ]},
    ]},
}  # fmt: skip


class Known(NamedTuple):
    columns: dict[str, Any]
    custom: dict[str, Any]


KNOWN = {
    "hengyuan": Known(
        {"industry": "物流", "province": "浙江", "city": "杭州", "address": "萧山区空港大道 88 号",
         "domain": "hengyuan.example", "tags": ["重点", "续约"]},
        {"level": "gold", "employees": 860, "revenue": 62_000_000_000, "lines": ["cold", "fleet"], "credit": 4,
         "founded": "2006-04-18", "portal": "https://srm.hengyuan.example"},
    ),
    "blue": Known(
        {"industry": "食品", "province": "山东", "city": "青岛", "tags": ["重点"]},
        {"level": "silver", "employees": 240, "revenue": 9_800_000_000, "lines": ["cold"], "credit": 3},
    ),
    "kunlun": Known({"industry": "机器人", "province": "江苏", "city": "苏州"}, {"level": "new", "employees": 120}),
    "rongda": Known({"industry": "钢铁", "province": "江苏", "city": "常州"}, {"level": "silver", "lines": ["mes"]}),
}  # fmt: skip


class Done(NamedTuple):
    """`days` ago; `next` in days from now, if planned."""

    customer: str
    days: float
    how: How
    outcome: Outcome
    note: str
    next: float | None = None


FOLLOW_UPS = (
    Done("hengyuan", 21, "mail", "reached", "发了冷链方案和案例"),
    Done("hengyuan", 9, "visit", "interested", "参观杭州仓，温度告警是痛点，希望年内上线"),
    Done("hengyuan", 2, "wechat", "reached", "对方在走预算，下周答复", 1),
    Done("blue", 6, "call", "not_reached", "总机转接无人接"),
    Done("blue", 4, "call", "reached", "确认了扩仓时间，要一份新报价", 0.2),
    Done("kunlun", 12, "visit", "not_now", "今年预算已用完，明年一季度再谈", 20),
    Done("rongda", 3, "call", "interested", "车间看板感兴趣，约技术交流", -0.5),
)


async def load_fields(session: AsyncSession, customers: dict[str, tuple[str, str, str]]) -> None:
    """The company's fields, what is known of some customers, and follow-ups; each once."""
    validate("customer_field", FIELDS)
    await publish(
        session, "customer_field", FIELDS, by=None, note="客户字段", follows=1, origin="policy/demo/customer_field"
    )
    now = datetime.now(UTC)
    for no, (key, known) in enumerate(KNOWN.items(), 1):
        customer_id = customers[key][0]
        custom = known.custom | {"customer_no": f"KH-{now:%Y}-{no:04}"}
        fresh = update(Customer).where(Customer.id == customer_id, Customer.custom == {})
        await session.execute(fresh.values(custom=custom, **known.columns))
    counted = insert(CustomerSerial).values(field="customer_no", period=f"{now:%Y}", last=len(KNOWN))
    await session.execute(counted.on_conflict_do_nothing())
    for no, done in enumerate(FOLLOW_UPS):
        await _follow_up(session, customers[done.customer], no, done, now)
    decides = select(Contact.id).where(Contact.customer_id.in_([customers[key][0] for key in ("hengyuan", "blue")]))
    await session.execute(
        update(Contact).where(Contact.id.in_(decides), Contact.role.is_(None)).values(role="decision_maker")
    )


async def _follow_up(
    session: AsyncSession, place: tuple[str, str, str], no: int, done: Done, now: datetime
) -> None:  # fmt: skip
    customer_id, region_id, owner_id = place
    at = now - timedelta(days=done.days)
    row = insert(FollowUp).values(
        id=str(uuid5(UUID(customer_id), f"follow-up/{no}")), customer_id=customer_id, region_id=region_id, by=owner_id,
        at=at, how=done.how, outcome=done.outcome, note=done.note, documents=[],
        next_at=now + timedelta(days=done.next) if done.next is not None else None,
    )  # fmt: skip
    await session.execute(row.on_conflict_do_nothing())
    mine = (Assignment.customer_id == customer_id, Assignment.region_id == region_id)
    await session.execute(update(Assignment).where(*mine, Assignment.owner_id == owner_id).values(followed_at=at))
