"""What people, units and a task's holders are called, for one reader."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy.ext.asyncio import AsyncSession

from db.person import OrgUnit, Person, people_by_id, units
from db.pool_policy import rules_in_force
from domain.access import person_in
from locales import N_, translate
from locales.labels import label

NAMED = 3
"""People of one role called by name; more are counted."""


@dataclass(frozen=True)
class Names:
    language: str
    people: Mapping[str, Person]
    units: Mapping[str, OrgUnit]
    pools: Mapping[str, str] = field(default_factory=dict)

    async def with_people(self, session: AsyncSession, person_ids: Iterable[str]) -> Names:
        """The same, and these people: those not known yet are read."""
        missing = set(person_ids) - set(self.people)
        return replace(self, people={**self.people, **await people_by_id(session, missing)}) if missing else self

    async def with_pools(self, session: AsyncSession) -> Names:
        """The same, and what the pools in force are called, by key."""
        pools = (await rules_in_force(session)).policy.pools
        english = self.language == "en"
        return replace(self, pools={pool.key: pool.name.en if english else pool.name.zh for pool in pools})

    def pool(self, key: str) -> str:
        return self.pools.get(key, key)

    def person(self, person_id: str | None) -> str:
        """Empty for nobody, and for what acts without being a person."""
        person = self.people.get(person_id or "")
        return person.called(self.language) if person else ""

    def unit(self, unit_id: str | None) -> str:
        unit = self.units.get(unit_id or "")
        return unit.called(self.language) if unit else ""

    def holding(self, keys: Iterable[str], people: Mapping[str, Sequence[str]]) -> str:
        """Holders by name: a role's by those of its `people` whose name is known; the first few, and how many more."""
        called: dict[str, str] = {}
        for key in keys:
            person = person_in(key)
            ids = [person] if person else people.get(key, ())
            called |= {one: name for one in ids if (name := self.person(one))} or {key: self.holder(key)}
        return shortened(list(called.values()), self.language)

    def holder(self, key: str) -> str:
        """`person:<id>` is called by name, `role:regional_manager:<id>` Regional manager (East China)."""
        if (person_id := person_in(key)) is not None:
            return self.person(person_id)
        _, role, unit_id = key.split(":")
        words = label("role", role, self.language)
        return f"{words} ({self.unit(unit_id)})" if unit_id in self.units else words


def shortened(called: Sequence[str], language: str) -> str:
    """ "Chen Jie, Zhao Min", and how many more where they are many."""
    reader = translate(language)
    shown = reader.gettext(N_(", ")).join(called[:NAMED])
    if (more := len(called) - NAMED) <= 0:
        return shown
    counted = reader.ngettext("%(names)s and %(num)d more", "%(names)s and %(num)d more", more)
    return counted % {"names": shown, "num": more}


async def names(session: AsyncSession, language: str, person_ids: Iterable[str | None]) -> Names:
    known = await people_by_id(session, {person_id for person_id in person_ids if person_id})
    return Names(language, known, {unit.id: unit for unit in await units(session)})
