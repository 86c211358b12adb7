"""What `throughline user` and `throughline token` act through: the commands of the app, as an administrator."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from uuid import uuid4

from commands.account import Account
from commands.credentials import Credentials
from commands.database import open_database
from commands.password import Passwords
from commands.person import People
from commands.second_factor import SecondFactor
from db.actor import actor_of
from db.engine import Database
from db.person import Member, OrgUnit, Person, list_people, person_with_email, units
from db.sign_in import ApiToken, list_tokens
from domain.access import Actor, Role
from domain.person import PersonDetails, email_address
from keys import master_key
from launch.failure import LaunchFailed
from settings import Settings

TERMINAL = Actor(id="terminal", roles=frozenset({Role.ADMINISTRATOR}), regions=frozenset())
EVERYBODY = 100_000


class Desk:
    """Raises LaunchFailed for somebody or something that is not there, Refused as the commands do."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self._db = db
        self._company = settings.company
        passwords = Passwords()
        self._people = People(db, passwords)
        second_factor = SecondFactor(master_key(settings), settings.company)
        self._account = Account(db, Credentials(db, passwords, second_factor))

    async def take_on(
        self, email: str, name: str, roles: Iterable[Role], unit: str | None, manager: str | None
    ) -> str | None:
        """The start password. `unit` is a code, `manager` an e-mail address."""
        details = PersonDetails(
            email=email,
            name=name,
            unit_id=await self._unit_id(unit),
            manager_id=(await self._person(manager)).id if manager else None,
            roles=frozenset(roles),
        )
        _, password = await self._people.create(TERMINAL, str(uuid4()), details)
        return password

    async def everybody(self) -> list[Member]:
        async with self._db.session(TERMINAL.id) as session:
            here = await list_people(session, limit=EVERYBODY)
            return here + await list_people(session, active=False, limit=EVERYBODY)

    async def new_password(self, email: str) -> str:
        return await self._people.reset_sign_in(TERMINAL, (await self._person(email)).id)

    async def set_active(self, email: str, active: bool) -> None:
        await self._people.set_active(TERMINAL, (await self._person(email)).id, active)

    async def new_token(self, email: str, name: str, days: int | None) -> str:
        return await self._account.create_token(await self._actor(email), name, days)

    async def tokens(self, email: str) -> list[ApiToken]:
        person = await self._person(email)
        async with self._db.session(TERMINAL.id) as session:
            return await list_tokens(session, person.id)

    async def revoke_token(self, email: str, token_id: str) -> None:
        await self._account.revoke_token(await self._actor(email), token_id)

    async def _person(self, email: str) -> Person:
        async with self._db.session(TERMINAL.id) as session:
            found = await person_with_email(session, email_address(email))
        if found is None:
            raise LaunchFailed(f"Nobody has the e-mail address {email}: `throughline user list` shows everybody.")
        return found

    async def _actor(self, email: str) -> Actor:
        person = await self._person(email)
        async with self._db.session(TERMINAL.id) as session:
            return await actor_of(session, person.id)

    async def _unit_id(self, code: str | None) -> str:
        """The unit of this code; without one, the company, made here where the installation is still empty."""
        async with self._db.session(TERMINAL.id) as session:
            known = {unit.code: unit.id for unit in await units(session)}
            if not known:
                company = OrgUnit(kind="company", code="company", name_zh=self._company, name_en=self._company)
                session.add(company)
                await session.flush()
                known[company.code] = company.id
        wanted = code or "company"
        if wanted not in known:
            raise LaunchFailed(f"There is no unit {wanted}: give --unit one of {', '.join(sorted(known))}.")
        return known[wanted]


@asynccontextmanager
async def open_desk(settings: Settings) -> AsyncIterator[Desk]:
    db = open_database(settings)
    try:
        yield Desk(db, settings)
    finally:
        await db.close()
