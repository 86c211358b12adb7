"""Getting in, and what keeps others out."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pyotp
import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from httpx import Response as Answer
from sqlalchemy import func, select, update
from starlette.responses import Response

from api.auth import keep_session
from api.services import Services
from commands.second_factor import Offer
from db.audit import list_audit
from db.engine import Database
from db.person import Person
from db.sign_in import ApiToken, Session
from domain.access import Actor
from launch.cast import DOMAIN, PASSWORD
from settings import Settings
from tests.conftest import SignIn


async def ask_token(client: AsyncClient, key: str, password: str = PASSWORD, **more: str) -> Answer:
    return await client.post("/api/token", data={"username": f"{key}@{DOMAIN}", "password": password, **more})


async def with_second_factor(services: Services, person_id: str) -> pyotp.TOTP:
    actor = Actor(id=person_id)
    offer: Offer = await services.account.offer_second_factor(actor)
    phone = pyotp.TOTP(offer.secret)
    await services.account.enable_second_factor(actor, offer.note, phone.now())
    return phone


@pytest.fixture
def services(app: FastAPI) -> Services:
    found: Services = app.state.services
    return found


async def test_a_password_opens_the_api(client: AsyncClient, people: dict[str, str]) -> None:
    token = (await ask_token(client, "Li.Wei")).json()
    assert (token["token_type"], token["expires_in"]) == ("bearer", 12 * 3600)
    me = await client.get("/api/me", headers={"Authorization": f"Bearer {token['access_token']}"})
    assert (me.json()["name"], me.json()["roles"], me.json()["regions"]) == ("李伟", ["sales"], [people["east"]])


async def test_a_stranger_and_a_wrong_password_get_the_same_answer(client: AsyncClient) -> None:
    wrong, stranger = await ask_token(client, "wang.fang", "not it"), await ask_token(client, "no.body")
    assert wrong.status_code == stranger.status_code == 401
    assert wrong.json() == stranger.json()


@pytest.mark.parametrize("key", ["zhou.kai", "nobody.at.all"])
async def test_five_wrong_passwords_close_the_door_whoever_it_is(client: AsyncClient, key: str) -> None:
    for _ in range(5):
        assert (await ask_token(client, key, "not it")).status_code == 401
    closed = await ask_token(client, key)
    assert (closed.status_code, closed.json()["code"]) == (429, "too_many_attempts")
    assert 50 < int(closed.headers["Retry-After"]) <= 60


async def test_the_door_opens_again_and_a_right_password_forgets_the_wrong_ones(
    client: AsyncClient, db: Database, people: dict[str, str]
) -> None:
    for _ in range(5):
        await ask_token(client, "chen.tao", "not it")
    async with db.session() as session:
        passed = update(Person).where(Person.id == people["chen.tao"]).values(locked_until=func.now())
        await session.execute(passed)
    assert (await ask_token(client, "chen.tao")).status_code == 200
    async with db.session() as session:
        person = await session.get_one(Person, people["chen.tao"])
        noted = await list_audit(session, subject=f"person/{person.id}")
    assert (person.failures, person.locked_until) == (0, None)
    assert [row.action for row in noted] == ["sign_in.token"] + ["sign_in.failed"] * 5


async def test_many_guesses_at_once_get_no_more_tries(client: AsyncClient) -> None:
    answers = await asyncio.gather(*(ask_token(client, "gao.fei", f"guess {n}") for n in range(12)))
    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(401), statuses.count(429)) == (5, 7)


async def test_the_second_factor_is_asked_for_and_a_code_works_once(
    client: AsyncClient, services: Services, people: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = await with_second_factor(services, people["he.jie"])
    assert (await ask_token(client, "he.jie")).json()["code"] == "code_needed"
    assert (await ask_token(client, "he.jie", totp=phone.now())).json()[
        "code"
    ] == "wrong_code"  # it confirmed the phone
    later = phone.at(0)
    monkeypatch.setattr("commands.second_factor._step", lambda secret, code: 99_999_999 if code == later else None)
    assert (await ask_token(client, "he.jie", totp=later)).status_code == 200
    assert (await ask_token(client, "he.jie", totp=later)).json()["code"] == "wrong_code"


async def test_who_knows_the_password_cannot_try_codes_for_ever(
    client: AsyncClient, services: Services, people: dict[str, str]
) -> None:
    await with_second_factor(services, people["ma.chao"])
    answers = [(await ask_token(client, "ma.chao", totp="000000")).json()["code"] for _ in range(6)]
    assert answers == ["wrong_code"] * 5 + ["too_many_attempts"]


async def test_the_secret_of_a_second_factor_is_kept_encrypted(
    services: Services, db: Database, people: dict[str, str]
) -> None:
    phone = await with_second_factor(services, people["song.dan"])
    async with db.session() as session:
        kept = (await session.get_one(Person, people["song.dan"])).totp_secret
    assert kept is not None
    assert phone.secret.encode() not in kept


async def test_a_new_password_signs_out_every_other_browser(sign_in: SignIn, services: Services) -> None:
    here, there = await sign_in("deng.li"), await sign_in("deng.li")
    changed = await here.put("/api/me/password", json={"current": PASSWORD, "new": "a longer one than before"})
    assert changed.status_code == 204
    assert (await there.get("/api/me")).json()["code"] == "signed_out"
    again = await ask_token(there, "deng.li", "a longer one than before")
    assert again.status_code == 200


@pytest.mark.parametrize(
    ("current", "new", "field", "code"),
    [
        ("not it", "a longer one than before", "current", "wrong_password"),
        (PASSWORD, "short", "new", "password_too_short"),
        (PASSWORD, PASSWORD, "new", "password_same"),
    ],
)
async def test_a_password_change_says_which_field_is_wrong(
    sign_in: SignIn, current: str, new: str, field: str, code: str
) -> None:
    browser = await sign_in("wu.hao")
    refused = await browser.put("/api/me/password", json={"current": current, "new": new})
    assert refused.status_code == 422
    assert [(fault["field"], fault["code"]) for fault in refused.json()["errors"]] == [(field, code)]


async def test_a_write_from_a_browser_needs_its_csrf_token(sign_in: SignIn) -> None:
    browser = await sign_in("peng.cheng")
    wish = {"language": "en", "theme": "dark"}
    assert (await browser.put("/api/me/preferences", json=wish)).status_code == 204
    foreign = await browser.put("/api/me/preferences", json=wish, headers={"Origin": "https://evil.example"})
    assert (foreign.status_code, foreign.json()["code"]) == (403, "csrf")
    cross_site = await browser.put("/api/me/preferences", json=wish, headers={"Sec-Fetch-Site": "cross-site"})
    assert cross_site.status_code == 403
    del browser.headers["X-CSRF-Token"]
    assert (await browser.put("/api/me/preferences", json=wish)).json()["code"] == "csrf"
    assert (await browser.get("/api/me")).json()["language"] == "en"


@pytest.mark.parametrize(
    ("address", "cookie"),
    [
        ("https://crm.example", "__Host-session=x; HttpOnly; Max-Age=2592000; Path=/; SameSite=lax; Secure"),
        ("http://127.0.0.1:8000", "session=x; HttpOnly; Max-Age=2592000; Path=/; SameSite=lax"),
    ],
)
def test_a_sessions_cookie_is_for_this_host_and_not_for_scripts(address: str, cookie: str) -> None:
    answer = Response()
    keep_session(answer, Settings(public_url=address), "x")
    assert answer.headers["set-cookie"] == cookie


async def test_a_session_left_alone_for_a_week_is_over(sign_in: SignIn, db: Database, people: dict[str, str]) -> None:
    browser = await sign_in("xie.ting")
    assert (await browser.get("/api/me")).status_code == 200
    async with db.session() as session:
        long_ago = update(Session).where(Session.person_id == people["xie.ting"])
        await session.execute(long_ago.values(seen_at=func.now() - timedelta(days=7)))
    assert (await browser.get("/api/me")).status_code == 401


async def test_a_token_for_a_program_is_shown_once_and_ends_when_revoked(
    client: AsyncClient, sign_in: SignIn, db: Database
) -> None:
    browser = await sign_in("liang.yan")
    token = (await browser.post("/api/me/tokens", json={"name": "Reports", "days": 30})).json()["token"]
    assert token.startswith("tl_")
    assert (await client.get("/api/me", headers={"Authorization": f"Bearer {token}"})).json()["name"] == "梁艳"

    [listed] = (await browser.get("/api/me/tokens")).json()
    assert token not in str(listed)
    assert listed["used_at"] is not None
    async with db.session() as session:
        assert token.encode() not in list(await session.scalars(select(ApiToken.hash)))

    stranger = await sign_in("luo.fan")
    assert (await stranger.delete(f"/api/me/tokens/{listed['id']}")).status_code == 404
    assert (await browser.delete(f"/api/me/tokens/{listed['id']}")).status_code == 204
    assert (await client.get("/api/me", headers={"Authorization": f"Bearer {token}"})).status_code == 401
