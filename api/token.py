"""Tokens for programs: got with a password, or made by hand and shown once."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Form
from pydantic import BaseModel, Field

from api.auth import CurrentActor, Visiting
from api.services import Provided
from commands.sign_in import PASSWORD_TOKEN_LIFE
from db import sign_in
from domain.ids import RecordId

router = APIRouter(prefix="/api", tags=["tokens"])


class PasswordForm(BaseModel):
    """OAuth2's password form, with the second factor's code beside it where the person has one."""

    grant_type: Literal["password"] = "password"
    username: str = Field(max_length=254, description="The e-mail address.")
    password: str = Field(max_length=1000)
    totp: str | None = Field(None, max_length=20, description="Six digits; also taken as client_secret.")
    client_secret: str | None = Field(None, max_length=200)


class BearerToken(BaseModel):
    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105
    expires_in: int = Field(description="Seconds.")


@router.post("/token")
async def get_token(form: Annotated[PasswordForm, Form()], visitor: Visiting, services: Provided) -> BearerToken:
    """Give a bearer token for an e-mail address and a password."""
    code = form.totp or form.client_secret
    token = await services.sign_in.token(visitor, form.username, form.password, code)
    return BearerToken(access_token=token, expires_in=int(PASSWORD_TOKEN_LIFE.total_seconds()))


class NewToken(BaseModel):
    name: str = Field(min_length=1, max_length=100, description="What it is for.")
    days: int | None = Field(90, ge=1, le=366, description="How long it works; null: until it is revoked.")


class TokenView(BaseModel):
    id: str
    name: str
    created_at: datetime
    used_at: datetime | None
    expires_at: datetime | None


@router.get("/me/tokens")
async def list_tokens(actor: CurrentActor, services: Provided) -> list[TokenView]:
    """One's own tokens that still work."""
    async with services.db.session(actor.id) as session:
        tokens = await sign_in.list_tokens(session, actor.id)
    return [TokenView.model_validate(token, from_attributes=True) for token in tokens]


class MadeToken(BaseModel):
    token: str = Field(description="Shown this once: only its hash is kept.")


@router.post("/me/tokens", status_code=201)
async def create_token(new: NewToken, actor: CurrentActor, services: Provided) -> MadeToken:
    """Make a token for a program that acts as oneself."""
    return MadeToken(token=await services.account.create_token(actor, new.name, new.days))


@router.delete("/me/tokens/{token_id}", status_code=204)
async def revoke_token(token_id: RecordId, actor: CurrentActor, services: Provided) -> None:
    """End one of one's own tokens at once."""
    await services.account.revoke_token(actor, token_id)
