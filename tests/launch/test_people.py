"""`throughline user` and `throughline token`, by what they act through."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from api.services import Services
from commands.credentials import Visitor
from commands.sign_in import SignIn
from domain.access import Role
from domain.refusal import Refused
from launch.desk import Desk, open_desk
from launch.errors import explained
from launch.failure import LaunchFailed
from settings import Settings

pytestmark = pytest.mark.usefixtures("people")
ADA = "ada@throughline.example"


@pytest.fixture
async def desk(settings: Settings) -> AsyncIterator[Desk]:
    async with open_desk(settings) as opened:
        yield opened


@pytest.fixture
def app_sign_in(app: FastAPI) -> SignIn:
    services: Services = app.state.services
    return services.sign_in


async def test_somebody_taken_on_at_the_terminal_can_sign_in_until_they_are_locked(
    desk: Desk, app_sign_in: SignIn
) -> None:
    password = await desk.take_on(ADA, "Ada", [Role.SALES], "east", "zhao.min@throughline.example")
    assert password is not None
    visitor = Visitor("127.0.0.1")
    assert await app_sign_in.with_password(visitor, ADA, password)
    ada = next(member for member in await desk.everybody() if member.person.email == ADA)
    assert (ada.unit.code, list(ada.roles)) == ("east", [Role.SALES])
    await desk.set_active(ADA, False)
    with pytest.raises(Refused, match="wrong_credentials"):
        await app_sign_in.with_password(visitor, ADA, password)
    await desk.set_active(ADA, True)
    assert await app_sign_in.with_password(visitor, ADA, await desk.new_password(ADA))


async def test_a_token_works_until_it_is_revoked(desk: Desk, app_sign_in: SignIn) -> None:
    secret = await desk.new_token("gu.ming@throughline.example", "web shop", 30)
    assert await app_sign_in.find(secret)
    (token,) = await desk.tokens("gu.ming@throughline.example")
    assert token.name == "web shop"
    await desk.revoke_token("gu.ming@throughline.example", token.id)
    assert await app_sign_in.find(secret) is None


async def test_whom_or_what_there_is_not_is_said_with_what_to_do(desk: Desk) -> None:
    with pytest.raises(LaunchFailed, match=r"Nobody has the e-mail address .*`throughline user list`"):
        await desk.new_password("nobody@throughline.example")
    with pytest.raises(LaunchFailed, match="There is no unit mars: give --unit one of company, east"):
        await desk.take_on("bob@throughline.example", "Bob", [Role.SALES], "mars", None)
    with pytest.raises(Refused) as refused:
        await desk.take_on("li.wei@throughline.example", "Li", [Role.SALES], "east", None)
    assert explained(refused.value) == "Somebody has this e-mail address already."
