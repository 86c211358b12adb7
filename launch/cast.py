"""Everybody in the demo company: two regions with a full cast, and the people who work for both."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.lead_form import make_default_forms
from db.person import OrgUnit, Person, set_roles
from domain.access import Role

PASSWORD = "throughline-demo"  # noqa: S105 - printed at every start of a demo
DOMAIN = "throughline.example"


@dataclass(frozen=True)
class Unit:
    code: str
    kind: str
    name_zh: str
    name_en: str
    within: str | None
    head: str


@dataclass(frozen=True)
class Part:
    """One person; `key` is what the e-mail address begins with, and how tests name them."""

    name: str
    name_en: str
    role: Role
    unit: str
    manager: str | None

    @property
    def key(self) -> str:
        return self.name_en.lower().replace(" ", ".")

    @property
    def email(self) -> str:
        return f"{self.key}@{DOMAIN}"


UNITS = (
    Unit("company", "company", "贯线科技", "Throughline", None, "lin.yue"),
    Unit("finance", "team", "财务部", "Finance", "company", "xu.jing"),
    Unit("legal", "team", "法务部", "Legal", "company", "tang.wen"),
    Unit("it", "team", "信息部", "IT", "company", "gu.ming"),
    Unit("east", "region", "华东", "East China", "company", "zhao.min"),
    Unit("east-sales", "team", "华东销售部", "East sales", "east", "zhao.min"),
    Unit("east-support", "team", "华东客服部", "East support", "east", "shen.yu"),
    Unit("south", "region", "华南", "South China", "company", "huang.bo"),
    Unit("south-sales", "team", "华南销售部", "South sales", "south", "huang.bo"),
    Unit("south-support", "team", "华南客服部", "South support", "south", "luo.fan"),
)

CAST = (
    Part("林悦", "Lin Yue", Role.SALES_DIRECTOR, "company", None),
    Part("徐静", "Xu Jing", Role.CFO, "finance", "lin.yue"),
    Part("何洁", "He Jie", Role.FINANCE, "finance", "xu.jing"),
    Part("马超", "Ma Chao", Role.FINANCE, "finance", "xu.jing"),
    Part("唐雯", "Tang Wen", Role.LEGAL, "legal", "lin.yue"),
    Part("顾明", "Gu Ming", Role.ADMINISTRATOR, "it", "lin.yue"),
    Part("韩雪", "Han Xue", Role.OPS, "it", "gu.ming"),
    Part("赵敏", "Zhao Min", Role.REGIONAL_MANAGER, "east", "lin.yue"),
    Part("陈涛", "Chen Tao", Role.SENIOR_SALES, "east-sales", "zhao.min"),
    Part("李伟", "Li Wei", Role.SALES, "east-sales", "zhao.min"),
    Part("王芳", "Wang Fang", Role.SALES, "east-sales", "zhao.min"),
    Part("周凯", "Zhou Kai", Role.SALES, "east-sales", "zhao.min"),
    Part("沈玉", "Shen Yu", Role.SUPPORT_LEAD, "east-support", "zhao.min"),
    Part("高飞", "Gao Fei", Role.SUPPORT_AGENT, "east-support", "shen.yu"),
    Part("宋丹", "Song Dan", Role.SUPPORT_AGENT, "east-support", "shen.yu"),
    Part("黄波", "Huang Bo", Role.REGIONAL_MANAGER, "south", "lin.yue"),
    Part("梁艳", "Liang Yan", Role.SENIOR_SALES, "south-sales", "huang.bo"),
    Part("吴昊", "Wu Hao", Role.SALES, "south-sales", "huang.bo"),
    Part("邓丽", "Deng Li", Role.SALES, "south-sales", "huang.bo"),
    Part("彭程", "Peng Cheng", Role.SALES, "south-sales", "huang.bo"),
    Part("罗帆", "Luo Fan", Role.SUPPORT_LEAD, "south-support", "huang.bo"),
    Part("谢婷", "Xie Ting", Role.SUPPORT_AGENT, "south-support", "luo.fan"),
    Part("曾强", "Zeng Qiang", Role.SUPPORT_AGENT, "south-support", "luo.fan"),
)


async def load_cast(session: AsyncSession, password: str = PASSWORD) -> dict[str, str]:
    """Adds whoever is missing; everybody gets the same password. Ids by `Part.key` and `Unit.code`."""
    hashed = await asyncio.to_thread(PasswordHasher().hash, password)
    ids = {row.code: row.id for row in await session.execute(select(OrgUnit.code, OrgUnit.id))}
    for unit in UNITS:
        if unit.code not in ids:
            parent = ids[unit.within] if unit.within else None
            made = OrgUnit(code=unit.code, kind=unit.kind, name_zh=unit.name_zh, name_en=unit.name_en, parent_id=parent)
            session.add(made)
            await session.flush()
            ids[unit.code] = made.id
    ids |= await _load_people(session, ids, hashed)
    for unit in UNITS:
        row = await session.get_one(OrgUnit, ids[unit.code])
        row.head_id = row.head_id or ids[unit.head]
    await make_default_forms(session)
    return ids


async def _load_people(session: AsyncSession, ids: dict[str, str], hashed: str) -> dict[str, str]:
    known = {row.email: row.id for row in await session.execute(select(Person.email, Person.id))}
    people: dict[str, str] = {}
    for part in CAST:
        if part.email not in known:
            person = Person(
                email=part.email,
                name=part.name,
                name_en=part.name_en,
                unit_id=ids[part.unit],
                manager_id=people[part.manager] if part.manager else None,
                password_hash=hashed,
            )
            session.add(person)
            await session.flush()
            await set_roles(session, person.id, [part.role])
            known[part.email] = person.id
        people[part.key] = known[part.email]
    return people
