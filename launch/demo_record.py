"""What hangs on the demo company's deals: people, competitors, days of next steps, and deals that were lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.customer import Contact
from domain.deal import Competitor, DealPerson
from launch.demo_data import WAN


@dataclass(frozen=True)
class DemoPerson:
    name: str
    title: str
    role: str
    attitude: str = "unknown"
    note: str = ""


@dataclass(frozen=True)
class DemoLoss:
    """A deal lost so many days ago, in which stage, why and to whom."""

    title: str
    customer: str
    amount: int
    lost_in: str
    days: int
    reason: str
    note: str | None = None
    competitor: str | None = None


NEXT_STEPS = {
    "冷链可视化试点": 5, "库房机器人许可": 1, "车队远程信息 600 台": -2, "机组排班套件": 6, "会员忠诚度计划": 4,
    "荣达 ERP 上线": 3, "患者门户二期": 2, "航班运营核心": 5, "平台许可续约 2027": 7, "会员系统续约": 3,
}  # fmt: skip
"""In how many days, by the deal's title."""

PEOPLE = {
    "荣达 ERP 上线": ("rongda", (
        DemoPerson("马国平", "总经理", "decider", "neutral", "最终由董事会批准"),
        DemoPerson("田静", "采购部经理", "buyer", "supports"),
        DemoPerson("许涛", "信息部主任", "blocker", "against", "倾向自研"),
    )),
    "机组排班套件": ("yunfan", (
        DemoPerson("罗海", "运行总监", "champion", "supports", "内部推动者，每周一沟通"),
        DemoPerson("Nina Fox", "CFO", "decider", "unknown"),
    )),
    "患者门户二期": ("lanzhi", (DemoPerson("韩院长", "副院长", "decider", "supports"),)),
}  # fmt: skip

COMPETITORS = {
    "荣达 ERP 上线": (("云岭软件", "本地实施团队，报价低 15%", "ahead"), ("Nordic ERP", "国际品牌", "behind")),
    "机组排班套件": (("AeroPlan", "航空业案例多", "active"),),
}

LOSSES = (
    DemoLoss("仓储条码升级", "hengyuan", 22 * WAN, "proposal", 12, "price", "低于我方成本价成交", "云岭软件"),
    DemoLoss("会议系统整合", "lanzhi", 9 * WAN, "needs", 25, "budget", "预算推到明年"),
    DemoLoss("碳排放报表", "cuifeng", 38 * WAN, "negotiation", 40, "competitor", None, "绿算科技"),
)

WON = {"厂区安防摄像": "trust", "诊所上线 9 站": "fit"}
"""Why, by the deal's title."""


def contact_id(customer_id: str, name: str) -> str:
    return str(uuid5(UUID(customer_id), f"contact/{name}"))


async def load_people(session: AsyncSession, customers: dict[str, tuple[str, str, str]]) -> None:
    """Contacts that are missing: each has the id of its first time."""
    for customer, people in PEOPLE.values():
        customer_id = customers[customer][0]
        rows = [
            {"id": contact_id(customer_id, one.name), "customer_id": customer_id, "name": one.name, "title": one.title}
            for one in people
        ]
        await session.execute(insert(Contact).values(rows).on_conflict_do_nothing())


def parts(title: str, customer_id: str) -> dict[str, Any]:
    """People and competitors of a deal, as its state has them."""
    _, people = PEOPLE.get(title, ("", ()))
    on_deal = [
        DealPerson(
            contact_id=contact_id(customer_id, one.name), role=one.role, attitude=one.attitude, note=one.note
        )
        for one in people
    ]  # fmt: skip
    rivals = [
        Competitor(id=str(uuid5(UUID(customer_id), f"{title}/{name}")), name=name, strengths=text, status=status)
        for name, text, status in COMPETITORS.get(title, ())
    ]
    return {"people": on_deal, "competitors": rivals, "has_parts": bool(on_deal or rivals)}
