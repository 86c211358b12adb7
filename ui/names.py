"""What people, units and a task's holders are called, for one reader."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from db.person import OrgUnit, Person, people_by_id, units
from domain.access import person_in
from locales.labels import label


@dataclass(frozen=True)
class Names:
    language: str
    people: Mapping[str, Person]
    units: Mapping[str, OrgUnit]

    def person(self, person_id: str | None) -> str:
        """Empty for nobody, and for what acts without being a person."""
        person = self.people.get(person_id or "")
        return person.called(self.language) if person else ""

    def unit(self, unit_id: str | None) -> str:
        unit = self.units.get(unit_id or "")
        return unit.called(self.language) if unit else ""

    def holder(self, key: str) -> str:
        """`person:<id>` is called by name, `role:regional_manager:<id>` Regional manager (East China)."""
        if (person_id := person_in(key)) is not None:
            return self.person(person_id)
        _, role, unit_id = key.split(":")
        words = label("role", role, self.language)
        return f"{words} ({self.unit(unit_id)})" if unit_id in self.units else words


async def names(session: AsyncSession, language: str, person_ids: Iterable[str | None]) -> Names:
    known = await people_by_id(session, {person_id for person_id in person_ids if person_id})
    return Names(language, known, {unit.id: unit for unit in await units(session)})
