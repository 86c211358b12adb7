"""Administrators take people on, change them, and see them off."""

from __future__ import annotations

from typing import Any

import pytest
from httpx import AsyncClient, Response

from db.audit import list_audit
from db.engine import Database
from tests.conftest import SignIn


async def take_on(administrator: AsyncClient, people: dict[str, str], key: str, **more: Any) -> Response:
    details = {"name": "孙悦", "unit_id": people["east-sales"], "manager_id": people["zhao.min"], "roles": ["sales"]}
    return await administrator.post(
        "/api/people",
        json=details | {"email": "sun.yue@throughline.example"} | more,
        headers={"Idempotency-Key": key},
    )


async def test_a_newcomer_signs_in_with_the_start_password_and_must_choose_another(
    client: AsyncClient, sign_in: SignIn, people: dict[str, str]
) -> None:
    administrator = await sign_in("gu.ming")
    made = (await take_on(administrator, people, "first-key")).json()
    refused = await client.post(
        "/api/token", data={"username": "sun.yue@throughline.example", "password": made["password"]}
    )
    assert (refused.status_code, refused.json()["code"]) == (403, "password_temporary")

    newcomer = await sign_in(person_id=made["id"])
    assert (await newcomer.get("/api/people")).json()["code"] == "password_temporary"
    own = {"current": made["password"], "new": "老槐树下的九龙壁很安静"}
    assert (await newcomer.put("/api/me/password", json=own)).status_code == 204
    token = await client.post("/api/token", data={"username": "sun.yue@throughline.example", "password": own["new"]})
    assert token.status_code == 200


async def test_the_same_form_sent_twice_makes_one_person(sign_in: SignIn, people: dict[str, str]) -> None:
    administrator = await sign_in("gu.ming")
    email = {"email": "twice@throughline.example"}
    first, again = [await take_on(administrator, people, "key-of-twice", **email) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["id"] == again.json()["id"]
    assert again.json()["password"] is None
    other = await take_on(administrator, people, "key-of-twice", email="third@throughline.example")
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    taken = await take_on(administrator, people, "another-key", **email)
    assert (taken.status_code, taken.json()["code"], taken.json()["errors"][0]["field"]) == (
        409,
        "email_taken",
        "email",
    )


async def test_everybody_finds_colleagues_and_only_administrators_change_them(
    sign_in: SignIn, people: dict[str, str]
) -> None:
    sales = await sign_in("li.wei")
    found = (await sales.get("/api/people", params={"text": "wang", "role": "sales"})).json()
    assert [person["name"] for person in found["items"]] == ["王芳"]
    south = (await sales.get("/api/people", params={"unit_id": people["south"]})).json()["items"]
    assert {person["regions"][0] for person in south} == {people["south"]}
    assert len(south) == 8
    assert (await take_on(sales, people, "key-of-sales")).status_code == 403
    assert (await sales.put(f"/api/people/{people['wang.fang']}/active", json={"active": False})).status_code == 403
    assert (await sales.put(f"/api/people/{people['wang.fang']}/start-password")).status_code == 403


@pytest.mark.parametrize(
    ("key", "regions"),
    [
        ("lin.yue", ["east", "south"]),  # the company
        ("zhao.min", ["east"]),  # the region itself
        ("luo.fan", ["south"]),  # a team inside it
        ("xu.jing", []),  # a team beside the regions
    ],
)
async def test_people_reach_the_regions_below_their_unit_or_the_one_around_it(
    sign_in: SignIn, people: dict[str, str], key: str, regions: list[str]
) -> None:
    me = (await (await sign_in(key)).get("/api/me")).json()
    assert me["regions"] == sorted(people[region] for region in regions)


async def test_who_leaves_is_signed_out_at_once(sign_in: SignIn, people: dict[str, str]) -> None:
    administrator, leaving = await sign_in("gu.ming"), await sign_in("zeng.qiang")
    address = f"/api/people/{people['zeng.qiang']}/active"
    assert (await administrator.put(address, json={"active": False})).status_code == 204
    assert (await leaving.get("/api/me")).status_code == 401
    left = (await administrator.get("/api/people", params={"active": False})).json()["items"]
    assert [person["name"] for person in left] == ["曾强"]


async def test_a_region_changes_with_the_unit(sign_in: SignIn, people: dict[str, str]) -> None:
    administrator, moving = await sign_in("gu.ming"), await sign_in("peng.cheng")
    details = {
        "email": "peng.cheng@throughline.example",
        "name": "彭程",
        "unit_id": people["east-sales"],
        "manager_id": people["zhao.min"],
        "roles": ["senior_sales"],
    }
    changed = await administrator.put(f"/api/people/{people['peng.cheng']}", json=details)
    assert changed.json()["regions"] == [people["east"]]
    assert (await moving.get("/api/me")).json()["roles"] == ["senior_sales"]


@pytest.mark.parametrize(
    ("more", "field", "code"),
    [
        ({"unit_id": "01900000-0000-7000-8000-000000000000"}, "unit_id", "unit_unknown"),
        ({"unit_id": "east"}, "unit_id", "string_pattern_mismatch"),
        ({"manager_id": "01900000-0000-7000-8000-000000000000"}, "manager_id", "manager_unknown"),
        ({"roles": []}, "roles", "too_short"),
        ({"roles": ["king"]}, "roles.0", "enum"),
        ({"email": "nowhere"}, "email", "email_invalid"),
        ({"name": " "}, "name", "string_too_short"),
        ({"salary": 1}, "salary", "extra_forbidden"),
    ],
)
async def test_details_that_cannot_be_are_refused_at_their_field(
    sign_in: SignIn, people: dict[str, str], more: dict[str, Any], field: str, code: str
) -> None:
    refused = await take_on(await sign_in("gu.ming"), people, "a-key-each-time", **more)
    assert refused.status_code == 422
    assert [(fault["field"], fault["code"]) for fault in refused.json()["errors"]] == [(field, code)]


async def test_nobody_reports_to_themselves(sign_in: SignIn, people: dict[str, str]) -> None:
    details = {
        "email": "zhao.min@throughline.example",
        "name": "赵敏",
        "unit_id": people["east"],
        "manager_id": people["li.wei"],  # who reports to zhao.min
        "roles": ["regional_manager"],
    }
    refused = await (await sign_in("gu.ming")).put(f"/api/people/{people['zhao.min']}", json=details)
    assert (refused.status_code, refused.json()["code"]) == (422, "manager_loop")


async def test_the_last_administrator_stays(sign_in: SignIn, db: Database, people: dict[str, str]) -> None:
    administrator = await sign_in("gu.ming")
    leave = await administrator.put(f"/api/people/{people['gu.ming']}/active", json={"active": False})
    assert (leave.status_code, leave.json()["code"]) == (409, "last_administrator")
    details = {"email": "gu.ming@throughline.example", "name": "顾明", "unit_id": people["it"], "roles": ["ops"]}
    demoted = await administrator.put(f"/api/people/{people['gu.ming']}", json=details)
    assert demoted.json()["code"] == "last_administrator"
    assert (await administrator.get("/api/me")).json()["roles"] == ["administrator"]


async def test_the_audit_log_says_who_changed_what(sign_in: SignIn, db: Database, people: dict[str, str]) -> None:
    administrator = await sign_in("gu.ming")
    details = {
        "email": "han.xue@throughline.example",
        "name": "韩雪",
        "unit_id": people["it"],
        "manager_id": people["gu.ming"],
        "roles": ["ops", "legal"],
    }
    await administrator.put(f"/api/people/{people['han.xue']}", json=details)
    async with db.session() as session:
        [row] = await list_audit(session, subject=f"person/{people['han.xue']}", action="person.")
    assert (row.actor, row.action) == (people["gu.ming"], "person.changed")
    assert row.detail == {"name_en": ["Han Xue", None], "roles": [["ops"], ["legal", "ops"]]}
