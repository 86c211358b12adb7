"""People, the units they belong to, and who they are when they act."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    ForeignKey,
    Index,
    LargeBinary,
    Select,
    Subquery,
    Text,
    cast,
    delete,
    exists,
    func,
    or_,
    select,
    union,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Ref, new_id
from db.findable import Findable
from domain.access import Authority, Role
from domain.refusal import not_found


class OrgUnit(Base):
    """A node of the tree company > region > team. Regions do not stand inside regions.

    A person reaches the regions below their unit, or the one it is or stands in.
    """

    __tablename__ = "org_unit"

    id: Mapped[Id] = mapped_column(default=new_id)
    parent_id: Mapped[Ref | None] = mapped_column(ForeignKey("org_unit.id"), index=True)
    kind: Mapped[str]  # company, region, team
    code: Mapped[str] = mapped_column(unique=True)
    name_zh: Mapped[str]
    name_en: Mapped[str]
    head_id: Mapped[Ref | None]

    def called(self, language: str) -> str:
        """The name for a reader of this language."""
        return self.name_en if language == "en" else self.name_zh


class Person(Findable, Base):
    __tablename__ = "person"

    id: Mapped[Id] = mapped_column(default=new_id)
    email: Mapped[str] = mapped_column(unique=True)  # lower case; what one signs in with
    name: Mapped[str]
    name_en: Mapped[str | None]
    unit_id: Mapped[Ref] = mapped_column(ForeignKey("org_unit.id"), index=True)
    manager_id: Mapped[Ref | None] = mapped_column(ForeignKey("person.id"))
    language: Mapped[str | None]  # zh_CN, en; none: as the browser asks
    zone: Mapped[str | None]
    theme: Mapped[str] = mapped_column(default="auto")  # auto, light, dark
    mail: Mapped[str] = mapped_column(default="each")  # each task by itself, one digest a day, none
    active: Mapped[bool] = mapped_column(default=True)
    password_hash: Mapped[str | None]
    password_temporary: Mapped[bool] = mapped_column(default=False)  # given by an administrator, to be changed
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary)  # encrypted; set when the second factor is on
    totp_last: Mapped[int | None]  # the last time step used, so that a code works once
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[Instant | None]
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())

    def called(self, language: str) -> str:
        """The name for a reader of this language."""
        return (self.name_en if language == "en" else None) or self.name


class PersonRole(Base):
    __tablename__ = "person_role"

    person_id: Mapped[Ref] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)

    __table_args__ = (Index("ix_person_role_role", "role"),)


@dataclass(frozen=True)
class Member:
    """A person with what they may do: their roles, and the ids of the regions they hold them in."""

    person: Person
    unit: OrgUnit
    roles: frozenset[Role]
    regions: frozenset[str]

    @property
    def authority(self) -> Authority:
        return Authority(id=self.person.id, roles=self.roles, regions=self.regions)


MemberSelect = Select[Person, OrgUnit, Sequence[str], Sequence[str]]


def unit_regions() -> Subquery:
    """(unit_id, region_id) of every unit: the regions below it, or the one it is or stands in."""
    line = select(OrgUnit.id.label("unit_id"), OrgUnit.id.label("above_id"), OrgUnit.parent_id).cte(recursive=True)
    line = line.union(  # not union_all: a loop in the tree, made by hand, must not run for ever
        select(line.c.unit_id, OrgUnit.id, OrgUnit.parent_id).join(line, OrgUnit.id == line.c.parent_id)
    )
    regions = select(OrgUnit.id).where(OrgUnit.kind == "region")
    below = select(line.c.above_id.label("unit_id"), line.c.unit_id.label("region_id"))
    above = select(line.c.unit_id, line.c.above_id.label("region_id"))
    both = union(below.where(line.c.unit_id.in_(regions)), above.where(line.c.above_id.in_(regions)))
    return both.subquery("unit_regions")


def units_within(unit_id: str) -> Select[str]:
    """A unit and all below it."""
    tree = select(OrgUnit.id).where(OrgUnit.id == unit_id).cte(recursive=True)
    tree = tree.union(select(OrgUnit.id).join(tree, OrgUnit.parent_id == tree.c.id))
    return select(tree.c.id)


@cache
def members() -> MemberSelect:
    """Everybody, to be narrowed with `where(Person...)` and read with `member_of`."""
    reach = unit_regions()
    roles = select(PersonRole.role).where(PersonRole.person_id == Person.id)
    regions = select(cast(reach.c.region_id, Text)).where(reach.c.unit_id == Person.unit_id)
    return select(
        Person,
        OrgUnit,
        func.array(roles.scalar_subquery(), type_=ARRAY(Text)),
        func.array(regions.scalar_subquery(), type_=ARRAY(Text)),
    ).join(OrgUnit, OrgUnit.id == Person.unit_id)


def member_of(row: Sequence[Any]) -> Member:
    person, unit, roles, regions = row
    return Member(person, unit, frozenset(map(Role, roles)), frozenset(regions))


async def member(session: AsyncSession, person_id: str) -> Member:
    """Raises Refused (404) where there is no such person; one who left is still found."""
    row = (await session.execute(members().where(Person.id == person_id))).one_or_none()
    if row is None:
        raise not_found("person")
    return member_of(row)


async def person_with_email(session: AsyncSession, email: str) -> Person | None:
    """`email` as `domain.person.email_address` returns it."""
    return await session.scalar(select(Person).where(Person.email == email))


async def people_by_id(session: AsyncSession, ids: Iterable[str]) -> dict[str, Person]:
    if not (wanted := set(ids)):
        return {}
    return {person.id: person for person in await session.scalars(select(Person).where(Person.id.in_(wanted)))}


async def list_people(
    session: AsyncSession,
    *,
    text: str = "",
    role: Role | None = None,
    unit_id: str | None = None,
    active: bool = True,
    after: str | None = None,
    limit: int = 50,
) -> list[Member]:
    """In order of e-mail (names have one order per language); `after` is the last one already seen.

    `text` is a part of the name or the beginning of the e-mail; `unit_id` reaches the units below it too.
    """
    query = members().where(Person.active == active)
    if text:
        names = (Person.name.icontains(text, autoescape=True), Person.name_en.icontains(text, autoescape=True))
        query = query.where(or_(*names, Person.email.istartswith(text, autoescape=True)))
    if role:
        query = query.where(Person.id.in_(select(PersonRole.person_id).where(PersonRole.role == role)))
    if unit_id:
        query = query.where(Person.unit_id.in_(units_within(unit_id)))
    if after:
        query = query.where(Person.email > after)
    return [member_of(row) for row in await session.execute(query.order_by(Person.email).limit(limit))]


async def units(session: AsyncSession) -> list[OrgUnit]:
    """The whole tree, by code."""
    return list(await session.scalars(select(OrgUnit).order_by(OrgUnit.code)))


async def person_to_change(session: AsyncSession, person_id: str) -> Person:
    """The row, held until the transaction ends: what is set on it is written then. Raises Refused (404)."""
    person = await session.get(Person, person_id, with_for_update=True, populate_existing=True)
    if person is None:
        raise not_found("person")
    return person


async def set_roles(session: AsyncSession, person_id: str, roles: Iterable[Role]) -> None:
    await session.execute(delete(PersonRole).where(PersonRole.person_id == person_id))
    session.add_all(PersonRole(person_id=person_id, role=role) for role in sorted(set(roles)))


async def add_person(session: AsyncSession, person_id: str, roles: Iterable[Role], **values: Any) -> bool:
    """False where the id or the e-mail is taken."""
    row = insert(Person).values(id=person_id, **values).on_conflict_do_nothing().returning(Person.id)
    if await session.scalar(row) is None:
        return False
    await set_roles(session, person_id, roles)
    return True


async def other_administrators(session: AsyncSession, person_id: str) -> bool:
    """Whether somebody else could let people in. Asked first in a transaction, and true until its end."""
    query = (
        select(Person.id)
        .join(PersonRole)
        .where(PersonRole.role == Role.ADMINISTRATOR, Person.active)
        .order_by(Person.id)
        .with_for_update()
    )
    return any(other != person_id for other in await session.scalars(query))


def team_of(person_id: str) -> Select[str]:
    """A person and everybody whose reporting line passes through them."""
    below = select(Person.id).where(Person.id == person_id).cte(recursive=True)
    below = below.union(select(Person.id).join(below, Person.manager_id == below.c.id))
    return select(below.c.id)


async def people_below(session: AsyncSession, person_id: str, limit: int = 200) -> list[Person]:
    """Everybody whose reporting line passes through somebody, in order of e-mail."""
    below = select(Person).where(Person.id.in_(team_of(person_id)), Person.id != person_id, Person.active)
    return list(await session.scalars(below.order_by(Person.email).limit(limit)))


async def reports_to(session: AsyncSession, person_id: str, superior_id: str) -> bool:
    """Whether the reporting line of `person_id` (who is in their own) passes through `superior_id`."""
    line = select(Person.id, Person.manager_id).where(Person.id == person_id).cte(recursive=True)
    line = line.union(select(Person.id, Person.manager_id).join(line, Person.id == line.c.manager_id))
    return bool(await session.scalar(select(exists().where(line.c.id == superior_id))))
