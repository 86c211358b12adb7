"""One's own account: who one is, preferences, password, tokens for programs."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.auth import CurrentActor, SignedInActor, Visiting
from api.person import PersonView
from api.services import Provided
from commands.account import Preferences
from db import person as people
from db import sign_in
from domain.ids import RecordId

router = APIRouter(prefix="/api/me", tags=["account"])


class Me(PersonView):
    language: str | None
    zone: str | None
    theme: str
    mail: str
    second_factor: bool


@router.get("")
async def get_me(actor: SignedInActor, services: Provided) -> Me:
    """Who the token or session belongs to."""
    async with services.db.session(actor.id) as session:
        member = await people.member(session, actor.id)
    person = member.person
    return Me(
        **PersonView.of(member).model_dump(),
        language=person.language,
        zone=person.zone,
        theme=person.theme,
        mail=person.mail,
        second_factor=person.totp_secret is not None,
    )


@router.put("/preferences", status_code=204)
async def set_preferences(wishes: Preferences, actor: SignedInActor, services: Provided) -> None:
    """Language, time zone and theme of one's own pages, and which mail one gets."""
    await services.account.prefer(actor, wishes)


class NewPassword(BaseModel):
    current: str = Field(max_length=1000)
    new: str = Field(max_length=1000)


@router.put("/password", status_code=204)
async def change_password(passwords: NewPassword, visitor: Visiting, actor: SignedInActor, services: Provided) -> None:
    """Signs out everywhere, this client included."""
    await services.account.change_password(actor, visitor, passwords.current, passwords.new)


class NewToken(BaseModel):
    name: str = Field(min_length=1, max_length=100, description="What it is for.")
    days: int | None = Field(90, ge=1, le=366, description="How long it works; null: until it is revoked.")


class TokenView(BaseModel):
    id: str
    name: str
    created_at: datetime
    used_at: datetime | None
    expires_at: datetime | None


@router.get("/tokens")
async def list_my_tokens(actor: CurrentActor, services: Provided) -> list[TokenView]:
    """One's own tokens that still work."""
    async with services.db.session(actor.id) as session:
        tokens = await sign_in.list_tokens(session, actor.id)
    return [TokenView.model_validate(token, from_attributes=True) for token in tokens]


class MadeToken(BaseModel):
    token: str = Field(description="Shown this once: only its hash is kept.")


@router.post("/tokens", status_code=201)
async def create_token(new: NewToken, actor: CurrentActor, services: Provided) -> MadeToken:
    """Make a token for a program that acts as oneself."""
    return MadeToken(token=await services.account.create_token(actor, new.name, new.days))


@router.delete("/tokens/{token_id}", status_code=204)
async def revoke_token(token_id: RecordId, actor: CurrentActor, services: Provided) -> None:
    """End one of one's own tokens at once."""
    await services.account.revoke_token(actor, token_id)
