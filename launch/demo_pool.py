"""The demo's pools: customers that came back for every reason, and a seller's book with some about to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.base import new_id
from db.book import rearm
from db.customer import Assignment, Contact, Customer
from db.customer_portrait import weigh
from db.follow_up import FollowUp
from db.ownership import move
from domain.customer_pool import Back, How, Tier


class Pooled(NamedTuple):
    """`had` is who had it last, `back` how many days ago it came back and why; without, it is new to the pool."""

    name: str
    region: str
    city: str
    industry: str
    tier: Tier = "C"
    had: str = ""
    back: float = 0
    why: Back | None = None
    note: str = ""


class Owned(NamedTuple):
    """`tended` is how many days ago its owner last followed it up."""

    name: str
    city: str
    industry: str
    tier: Tier
    owner: str
    tended: float


POOLED = (
    Pooled("临海泵业", "east", "台州", "机械制造", "B", "wang.fang", 2.1, "no_follow_up"),
    Pooled("甬江模具", "east", "宁波", "模具", "C", "zhou.kai", 0.4, "no_follow_up"),
    Pooled("禾城纺织", "east", "嘉兴", "纺织", "D", "li.wei", 1.2, "given_back", "采购负责人换了，暂无需求"),
    Pooled("淮左化纤", "east", "扬州", "化纤", "C", "chen.tao", 8.5, "no_deal"),
    Pooled("太湖光学", "east", "无锡", "光学仪器", "A", "wang.fang", 0.1, "taken_back", "转给熟悉光学行业的同事"),
    Pooled("姑苏精密", "east", "苏州", "精密加工", "B"),
    Pooled("钱江乳品", "east", "杭州", "食品", "D"),
    Pooled("徽韵包装", "east", "合肥", "包装", "E"),
    Pooled("珠江电缆", "south", "广州", "电缆", "B", "wu.hao", 3.3, "no_follow_up"),
    Pooled("鹏城算力", "south", "深圳", "数据中心", "A", "deng.li", 0.8, "given_back", "预算明年三月才批"),
    Pooled("邕江制糖", "south", "南宁", "食品", "D"),
)
OWNED = (
    Owned("海门船舶", "南通", "船舶", "D", "li.wei", 5.4),
    Owned("云和木玩", "丽水", "玩具", "E", "li.wei", 2.3),
    Owned("长三角冷链", "上海", "冷链物流", "C", "li.wei", 8.1),
    Owned("东阳影视器材", "金华", "影视器材", "B", "li.wei", 3.0),
    Owned("启东重工", "南通", "机械制造", "A", "li.wei", 1.0),
    Owned("芜湖汽配", "芜湖", "汽车配件", "D", "zhou.kai", 6.2),
    Owned("蚌埠玻璃", "蚌埠", "玻璃", "C", "wang.fang", 4.0),
)


async def load_pools(session: AsyncSession, ids: dict[str, str]) -> None:
    """Once: what is there already is left as it is. The customers of the demo's books get their dates, too."""
    if await session.scalar(select(exists().where(Customer.origin == "demo/pool/0"))):
        return
    now = datetime.now(UTC)
    for no, pooled in enumerate(POOLED):
        place = await _customer(session, f"demo/pool/{no}", pooled, ids[pooled.region], now - timedelta(days=60))
        if pooled.had and pooled.why:
            left = now - timedelta(days=pooled.back)
            owner = ids[pooled.had]
            await move(session, [place], to=owner, how="claimed", at=left - timedelta(days=20), by=owner)
            _follow_up(session, place, owner, left - timedelta(days=16), "not_now", "先了解了产线情况，等对方排期")
            how: How = "recycled" if pooled.why.startswith("no_") else "returned"
            by = {"given_back": owner, "taken_back": ids["zhao.min"]}.get(pooled.why)
            await move(
                session, [place], to=None, how=how, at=left, by=by, reason=pooled.why, pool="region",
                note=pooled.note or None,
            )  # fmt: skip
    for no, owned in enumerate(OWNED):
        place = await _customer(session, f"demo/book/{no}", owned, ids["east"], now - timedelta(days=40))
        owner, tended_at = ids[owned.owner], now - timedelta(days=owned.tended)
        await move(session, [place], to=owner, how="claimed", at=now - timedelta(days=owned.tended + 9), by=owner)
        (await session.get_one(Assignment, place, populate_existing=True)).followed_at = tended_at
        _follow_up(session, place, owner, tended_at, "interested", "约了下周看现场")
    await weigh(session, (await session.scalars(select(Assignment.customer_id).distinct())).all(), now)
    await rearm(
        session, set(await session.scalars(select(Assignment.owner_id).where(Assignment.owner_id.is_not(None))))
    )


async def _customer(
    session: AsyncSession, origin: str, one: Pooled | Owned, region_id: str, since: datetime
) -> tuple[str, str]:  # fmt: skip
    no = sum(map(ord, one.name)) % 9000 + 1000
    customer = Customer(
        id=new_id(), name=one.name, origin=origin, city=one.city, industry=one.industry, phone=f"+86571880{no}0"
    )  # fmt: skip
    session.add(customer)
    await session.flush()
    session.add(Contact(customer_id=customer.id, name="刘经理", phone=f"+86138000{no}5"))
    session.add(Assignment(customer_id=customer.id, region_id=region_id, tier=one.tier, since=since, how="imported"))
    await session.flush()
    return customer.id, region_id


def _follow_up(
    session: AsyncSession, place: tuple[str, str], by: str, at: datetime, outcome: str, note: str
) -> None:  # fmt: skip
    customer, region = place
    session.add(
        FollowUp(customer_id=customer, region_id=region, by=by, at=at, how="call", outcome=outcome, note=note)
    )  # fmt: skip
