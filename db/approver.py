"""Whom an approver of a policy stands for, for one request: holder keys, the people behind them, who is above."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.holder import holders
from db.person import OrgUnit, Person
from domain.access import Role, person_key, role_key, superiors
from domain.approver import Approver, HeadApprover, PersonApprover, RoleApprover, SuperiorApprover

ADMINISTRATOR = role_key(Role.ADMINISTRATOR)


@dataclass
class Found:
    """`people` are the active ones who hold `key`; `ladder` the keys above it, nearest first."""

    key: str
    people: set[str]
    ladder: list[str] = field(default_factory=list)


class Approvers:
    """For one request: its region and its submitter."""

    def __init__(self, session: AsyncSession, region_id: str | None, submitted_by: str) -> None:
        self.session = session
        self.region_id = region_id
        self.submitted_by = submitted_by

    async def find(self, approver: Approver) -> list[Found]:
        """One for each person or role to be asked; somebody who is not there is found with no people."""
        match approver:
            case RoleApprover(role=role):
                ladder = [role_key(above, self.region_id) for above in superiors(role)]
                return [await self._holding(role_key(role, self.region_id), ladder)]
            case PersonApprover(person=person):
                return [await self._person(person)]
            case SuperiorApprover(levels=levels):
                line = await self._line(self.submitted_by)
                return [await self._person(person) for person in line[:levels]] or [self._nobody([])]
            case HeadApprover(unit=unit):
                head = await self._head(unit)
                return [await self._person(head) if head else self._nobody(await self._above(self.submitted_by))]

    async def above(self, found: Found) -> Found:
        """The nearest above whom somebody but the submitter holds; in the end the administrators."""
        for no, key in enumerate(found.ladder):
            one = await self._holding(key, found.ladder[no + 1 :])
            if one.people - {self.submitted_by}:
                return one
        return await self._holding(ADMINISTRATOR, [])

    async def _holding(self, key: str, ladder: list[str]) -> Found:
        return Found(key, set(await holders(self.session, [key])), [k for k in ladder if k != key])

    async def _person(self, person_id: str) -> Found:
        return await self._holding(person_key(person_id), await self._above(person_id))

    async def _above(self, person_id: str) -> list[str]:
        line = await self._line(person_id)
        return [*(person_key(person) for person in line if person != self.submitted_by), ADMINISTRATOR]

    def _nobody(self, ladder: list[str]) -> Found:
        return Found("", set(), [*ladder, ADMINISTRATOR])

    async def _line(self, person_id: str) -> list[str]:
        """The active superiors along the reporting line, nearest first; one that runs in a circle ends there."""
        line = select(Person.id, Person.manager_id, literal(0).label("level")).where(Person.id == person_id)
        above = line.cte("line", recursive=True)
        one = select(Person.id, Person.manager_id, above.c.level + 1).join(above, Person.id == above.c.manager_id)
        above = above.union_all(one.where(above.c.level < 20))
        query = select(above.c.id).join(Person, Person.id == above.c.id).where(Person.active, above.c.level > 0)
        found = await self.session.scalars(query.order_by(above.c.level))
        return [person for person in dict.fromkeys(found) if person != person_id]

    async def _head(self, code: str | None) -> str | None:
        """The head of a unit, or of the submitter's unit or the nearest above it that has one."""
        unit = select(OrgUnit.id, OrgUnit.parent_id, OrgUnit.head_id, literal(0).label("level"))
        if code is None:
            unit = unit.join(Person, Person.unit_id == OrgUnit.id).where(Person.id == self.submitted_by)
        else:
            unit = unit.where(OrgUnit.code == code)
        tree = unit.cte("unit", recursive=True)
        parent = select(OrgUnit.id, OrgUnit.parent_id, OrgUnit.head_id, tree.c.level + 1)
        tree = tree.union_all(parent.join(tree, OrgUnit.id == tree.c.parent_id).where(tree.c.level < 20))
        heads = select(tree.c.head_id).where(tree.c.head_id.is_not(None)).order_by(tree.c.level).limit(1)
        if code is not None:
            heads = heads.where(tree.c.level == 0)
        return await self.session.scalar(heads)
