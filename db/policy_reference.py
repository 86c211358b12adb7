"""Whether what a policy names is there: roles somebody holds, people at work, units with a head, calendars."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pydantic import JsonValue
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.colleague import sellers_by_region
from db.person import OrgUnit, Person, PersonRole, people_by_id, unit_regions, units
from db.policy import current_policy
from db.shift import PersonSkill
from db.webhook import targets
from domain.access import COMPANY_WIDE, Role
from domain.calendar import CalendarPolicy
from domain.document import Problem
from domain.ids import is_id
from domain.lead_assignment import SELLING
from domain.letter import LetterPolicy
from domain.policy import load
from domain.policy_check import Reference


async def unfit_references(session: AsyncSession, references: Sequence[Reference]) -> list[Problem]:
    """What keeps a policy from being published: it names what is not there, or somebody who cannot do it."""
    looks = (_unknown_calendars, _unknown_targets, _unknown_regions, unfit_sellers)
    return [problem for look in looks for problem in await look(session, references)]


async def _unknown_calendars(session: AsyncSession, references: Iterable[Reference]) -> list[Problem]:
    """Each calendar named that is not in force."""
    named = [one for one in references if one.what == "calendar"]
    if not named:
        return []
    known = load(CalendarPolicy, (await current_policy(session, CalendarPolicy.kind))[1]).calendars
    return [
        _problem(one, "calendar_unknown", f"There is no calendar {one.key}.", key=one.key, known=[*sorted(known)])
        for one in named
        if one.key not in known
    ]


async def _unknown_targets(session: AsyncSession, references: Iterable[Reference]) -> list[Problem]:
    """Each letter template and each webhook named that is not there."""
    named = [one for one in references if one.what in ("letter", "webhook")]
    if not named:
        return []
    _, letters = await current_policy(session, LetterPolicy.kind)
    known = {"letter": set(letters.get("letters", {})), "webhook": {one.key for one in await targets(session)}}
    return [
        _problem(one, f"{one.what}_unknown", f"There is no {one.what} {one.key}.", key=one.key)
        for one in named
        if one.key not in known[one.what]
    ]


async def _unknown_regions(session: AsyncSession, references: Iterable[Reference]) -> list[Problem]:
    """Each region named by a code that none has."""
    named = [one for one in references if one.what == "region"]
    if not named:
        return []
    found = select(OrgUnit.code).where(OrgUnit.kind == "region", OrgUnit.code.in_({one.key for one in named}))
    known = set(await session.scalars(found))
    return [
        _problem(one, "region_unknown", f"There is no region {one.key}.", key=one.key)
        for one in named
        if one.key not in known
    ]


async def unfit_sellers(session: AsyncSession, references: Iterable[Reference]) -> list[Problem]:
    """Each person named for a region in which they do not sell: what is theirs there would lie in the pool."""
    named = [one for one in references if one.what == "seller"]
    if not named:
        return []
    regions = {unit.code: unit for unit in await units(session) if unit.kind == "region"}
    selling = await sellers_by_region(session, [unit.id for unit in regions.values()], SELLING)
    known = await people_by_id(session, {one.key for one in named if is_id(one.key)})

    def look(one: Reference) -> Problem | None:
        person, region = known.get(one.key), regions.get(one.region)
        if person is None:
            return _person(one, None)
        sells = [code for code, unit in regions.items() if person.id in selling.get(unit.id, ())]
        if sells and (region is None or region.code in sells):  # a region there is not is told as such
            return None
        name: JsonValue = {language: person.called(language) for language in ("zh", "en")}
        if region is None:
            return _problem(one, "seller_nowhere", f"{person.called('en')} sells in no region.", name=name)
        said = f"{person.called('en')} does not sell in the region {region.called('en')}."
        called: JsonValue = {language: region.called(language) for language in ("zh", "en")}
        return _problem(one, "seller_elsewhere", said, name=name, region=called)

    return [problem for one in named if (problem := look(one))]


async def nobody_there(session: AsyncSession, references: Sequence[Reference]) -> list[Problem]:
    """Approvers whom nobody would be found for; each said once, where it is named first."""
    asked = list({(one.what, one.key): one for one in reversed(references)}.values())[::-1]
    tree = await units(session)
    people = {one.key for one in asked if one.what == "person" and is_id(one.key)}
    known = await people_by_id(session, people | {unit.head_id for unit in tree if unit.head_id})
    held = await _regions_of_roles(session)
    regions = {unit.id for unit in tree if unit.kind == "region"}
    skills = await _skills(session) if any(one.what == "skill" for one in asked) else set()

    def look(one: Reference) -> Problem | None:
        match one.what:
            case "person":
                return _person(one, known.get(one.key))
            case "unit":
                return _unit(one, next((unit for unit in tree if unit.code == one.key), None), known)
            case "role":
                return _role(one, held.get(one.key), regions)
            case "skill" if skills and one.key not in skills:
                return _problem(one, "skill_unheld", f"Nobody has the skill {one.key}.", skill=one.key)
            case _:
                return None

    return [problem for one in asked if (problem := look(one))]


def _person(one: Reference, person: Person | None) -> Problem | None:
    if person is None:
        return _problem(one, "person_unknown", "There is no such person.")
    if not person.active:
        return _problem(one, "person_left", f"{person.name} has left.", name=person.name)
    return None


def _unit(one: Reference, unit: OrgUnit | None, people: Mapping[str, Person]) -> Problem | None:
    if unit is None:
        return _problem(one, "unit_unknown", f"There is no unit {one.key}.", unit=one.key)
    head = people.get(unit.head_id or "")
    if head is None or not head.active:
        return _problem(one, "unit_headless", f"The unit {one.key} has no head.", unit=one.key)
    return None


def _role(one: Reference, held: set[str] | None, regions: set[str]) -> Problem | None:
    if held is None:
        return _problem(one, "role_unheld", f"Nobody is {one.key}.", role=one.key)
    missing = sorted(regions - held)
    if missing and Role(one.key) not in COMPANY_WIDE:
        return _problem(
            one, "role_unheld_in", f"In some regions nobody is {one.key}.", role=one.key, regions=[*missing]
        )
    return None


def _problem(one: Reference, code: str, what: str, **params: JsonValue) -> Problem:
    return Problem(where=one.where, code=code, what=what, params=params)


async def _skills(session: AsyncSession) -> set[str]:
    """Those that somebody at work has; while nobody has said any, queues ask for none."""
    has = select(PersonSkill.key).join(Person, Person.id == PersonSkill.person_id)
    return set(await session.scalars(has.where(PersonSkill.what == "skill", Person.active).distinct()))


async def _regions_of_roles(session: AsyncSession) -> dict[str, set[str]]:
    """Each role that somebody at work holds, with the regions they hold it in."""
    reach = unit_regions()
    query = (
        select(PersonRole.role, reach.c.region_id)
        .join(Person, Person.id == PersonRole.person_id)
        .join(OrgUnit, OrgUnit.id == Person.unit_id)
        .outerjoin(reach, reach.c.unit_id == OrgUnit.id)
        .where(Person.active)
        .distinct()
    )
    held: dict[str, set[str]] = {}
    for role, region in await session.execute(query):
        held.setdefault(role, set()).update({str(region)} if region else ())
    return held
