"""The other party's signature on the contract's page: who was asked, what became of it, and what the owner can do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided
from db.contract import Contract
from db.customer import Contact
from db.scope import visible
from db.signing import Signing, signings_of
from db.signing_invitation import SigningInvitation, invitations_of
from domain.access import Action, Actor
from domain.ids import RecordId
from locales import N_
from ui.acting import done, say
from ui.contact import addressees

router = APIRouter(prefix="/signings", include_in_schema=False, dependencies=[Depends(require(Action.CONTRACT_WORK))])


@dataclass(frozen=True)
class OtherParty:
    """`invitation` is the link that is alive and `contact` who has it, `invitations` how many there were; `may_act` for
    who works on it."""

    signing: Signing
    addressees: Sequence[tuple[str, str]]
    invitation: SigningInvitation | None
    invitations: int
    may_act: bool
    contact: Contact | None


async def other_party(session: AsyncSession, actor: Actor, contract: Contract) -> OtherParty | None:
    """None before the newest signing has come to the other party, or has ended."""
    found = await signings_of(session, contract.id)
    if not found:
        return None
    signing, asked = found[0], await invitations_of(session, found[0].id)
    if signing.status != "with_customer" and not asked and signing.sheet is None:
        return None
    works = actor.reaches(Action.CONTRACT_WORK, owner=contract.owner_id, region=contract.region_id)
    invitation = next((one for one in asked if one.id == signing.invitation_id), None)
    return OtherParty(
        signing=signing, invitations=len(asked),
        addressees=await addressees(session, actor, contract.customer_id),
        invitation=invitation, contact=await session.get(Contact, invitation.contact_id) if invitation else None,
        may_act=works and signing.status == "with_customer",
    )  # fmt: skip


@router.post("/{signing_id}/invite")
async def invite(
    request: Request,
    signing_id: RecordId,
    key: IdempotencyKey,
    actor: CurrentActor,
    services: Provided,
    contact_id: Annotated[RecordId, Form()],
    language: Annotated[Literal["", "zh_CN", "en"], Form()] = "",
) -> Response:
    """A link for this contact; one that went out before is dead."""
    answer = await services.invitations.invite(actor, key, signing_id, contact_id=contact_id, language=language)
    return done(request, await _page(services, actor, signing_id), answer, say(request, N_("The link is on its way.")))


@router.post("/{signing_id}/take-back")
async def take_back(
    request: Request, signing_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    answer = await services.invitations.take_back(actor, key, signing_id)
    said = say(request, N_("The link no longer works."))
    return done(request, await _page(services, actor, signing_id), answer, said)


async def _page(services: Provided, actor: Actor, signing_id: str) -> str:
    async with services.db.session(actor.id) as session:
        signing: Signing = await visible(session, actor, "signing", signing_id)
    return f"/contracts/{signing.contract_id}"
