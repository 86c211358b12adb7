"""Signing in without a browser."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form
from pydantic import BaseModel, Field

from api.auth import Visiting
from api.services import Provided
from commands.sign_in import PASSWORD_TOKEN_LIFE

router = APIRouter(prefix="/api", tags=["sign-in"])


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
