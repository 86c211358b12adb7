"""What administrators do with people: take them on, give them a unit, a manager and roles, see them off."""

from __future__ import annotations

from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from commands.idempotency import claim
from commands.password import Passwords, start_password
from db.audit import record
from db.base import new_id
from db.book import rearm
from db.contract import approvals_to_ask
from db.engine import Database
from db.lead_turn import leads_in_hand
from db.outbox import enqueue
from db.person import (
    Member,
    OrgUnit,
    Person,
    add_person,
    member,
    other_administrators,
    person_to_change,
    reports_to,
    set_roles,
)
from db.process import workflows_asking
from db.sign_in import delete_sessions, delete_tokens
from domain.access import Action, Actor, Role, person_key
from domain.person import PersonDetails, email_address
from domain.refusal import Refused, invalid


class People:
    def __init__(self, db: Database, passwords: Passwords) -> None:
        self.db = db
        self.passwords = passwords

    async def create(self, actor: Actor, key: str, details: PersonDetails) -> tuple[str, str | None]:
        """The person's id, and the password to pass on to them: shown once, so None when the key comes again.

        Raises Refused: 403, 409 email_taken, 422 for a unit or manager that is not there.
        """
        actor.require(Action.PEOPLE_MANAGE)
        email = email_address(details.email)
        password = start_password()
        row = details.model_dump(exclude={"email", "roles"}) | {
            "email": email,
            "password_hash": await self.passwords.hash(password),
            "password_temporary": True,
        }
        async with self.db.session(actor.id) as session:
            person_id = await claim(session, actor, key, "person.create", "person", _told(details))
            await _check_places(session, person_id, details)
            if await add_person(session, person_id, details.roles, **row):
                given = [[], sorted(details.roles)]
                await record(session, actor.id, "person.roles", f"person/{person_id}", roles=given)
                return person_id, password
            if await session.get(Person, person_id) is None:
                raise Refused("email_taken", field="email", email=email)
            return person_id, None

    async def change(self, actor: Actor, person_id: str, details: PersonDetails) -> None:
        """Raises Refused as `create`; 409 last_administrator, 422 where somebody would report to themselves."""
        actor.require(Action.PEOPLE_MANAGE)
        email = email_address(details.email)
        try:
            async with self.db.session(actor.id) as session:
                others = await other_administrators(session, person_id)
                person = await person_to_change(session, person_id)
                before = await member(session, person_id)
                await _check_places(session, person_id, details)
                if Role.ADMINISTRATOR not in details.roles:
                    _keep_an_administrator(before, others)
                changes = _changes(before, details)
                person.email, person.name, person.name_en = email, details.name, details.name_en
                person.unit_id, person.manager_id = details.unit_id, details.manager_id
                await set_roles(session, person_id, details.roles)
                await record(session, actor.id, "person.changed", f"person/{person_id}", **changes)
        except IntegrityError:
            raise Refused("email_taken", field="email", email=email) from None

    async def set_active(self, actor: Actor, person_id: str, active: bool) -> None:
        """Somebody who left can no longer sign in, and is signed out everywhere at once."""
        actor.require(Action.PEOPLE_MANAGE)
        async with self.db.session(actor.id) as session:
            others = await other_administrators(session, person_id)
            person = await person_to_change(session, person_id)
            if not active:
                _keep_an_administrator(await member(session, person_id), others)
                await delete_sessions(session, person_id)
                await delete_tokens(session, person_id)
                if person.active:
                    await _hand_over(session, person_id)
            person.active = active
            await record(session, actor.id, "person.back" if active else "person.left", f"person/{person_id}")

    async def reset_sign_in(self, actor: Actor, person_id: str) -> str:
        """A new password to pass on, shown once. Ends a lock-out, the second factor, every session and token."""
        actor.require(Action.PEOPLE_MANAGE)
        password = start_password()
        password_hash = await self.passwords.hash(password)
        async with self.db.session(actor.id) as session:
            person = await person_to_change(session, person_id)
            person.password_hash, person.password_temporary = password_hash, True
            person.totp_secret = person.totp_last = person.locked_until = None
            person.failures = 0
            await delete_sessions(session, person_id)
            await delete_tokens(session, person_id)
            await record(session, actor.id, "person.sign_in_reset", f"person/{person_id}")
        return password


async def _check_places(session: AsyncSession, person_id: str, details: PersonDetails) -> None:
    if await session.get(OrgUnit, details.unit_id) is None:
        raise invalid("unit_unknown", "unit_id")
    if details.manager_id is None:
        return
    manager = await session.get(Person, details.manager_id)
    if manager is None or not manager.active:
        raise invalid("manager_unknown", "manager_id")
    if await reports_to(session, details.manager_id, person_id):
        raise invalid("manager_loop", "manager_id", name=manager.name)


def _keep_an_administrator(leaving: Member, others: bool) -> None:
    if leaving.person.active and Role.ADMINISTRATOR in leaving.roles and not others:
        raise Refused("last_administrator")


def _told(details: PersonDetails) -> dict[str, Any]:
    return details.model_dump(mode="json") | {"roles": sorted(details.roles)}


def _changes(before: Member, details: PersonDetails) -> dict[str, Any]:
    """{field: [before, after]} of what differs."""
    old = {name: getattr(before.person, name) for name in ("email", "name", "name_en", "unit_id", "manager_id")}
    old["roles"] = sorted(before.roles)
    new = _told(details)
    return {name: [old[name], new[name]] for name in old if old[name] != new[name]}


async def _hand_over(session: AsyncSession, person_id: str) -> None:
    """What only they are or would be asked for goes to whoever is above: processes hear of it after the commit,
    and so does the book of customers, which go back to their pools."""
    key = person_key(person_id)
    told = {*await workflows_asking(session, key), *await approvals_to_ask(session, key)}
    told |= {f"lead/{lead_id}" for lead_id in await leads_in_hand(session, person_id)}
    for workflow_id in sorted(told):
        tell = {"id": workflow_id, "signal": "holder_left", "input": {"person": person_id}}
        await enqueue(session, f"left/{new_id()}", "signal", tell)
    await rearm(session, [person_id])
