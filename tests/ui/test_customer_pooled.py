"""Who sells sees the pool of their regions in the list, its search, count and export, as far as the pool shows it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from commands.policy import publish_defaults
from db.actor import actor_of
from db.base import new_id
from db.customer import Assignment, Contact, Customer
from db.engine import Database
from db.palette import find_records
from tests.conftest import SignIn
from tests.fields import own, publish_fields

HTML = {"accept": "text/html"}
PHONE, MAIL = "+8613912345678", "boss@gonghai.example"


@pytest.fixture(scope="module")
async def base(db: Database, people: dict[str, str]) -> dict[str, str]:
    await publish_defaults(db)
    made = {
        "own": ("公海自有", "east", "li.wei"), "pool": ("公海东池", "east", None),
        "south": ("公海南池", "south", None), "theirs": ("公海同事", "east", "wang.fang"),
    }  # fmt: skip
    ids = {}
    async with db.session() as session:
        for key, (name, region, owner) in made.items():
            row = Customer(id=new_id(), name=name, phone=PHONE, email=MAIL, industry="物流")
            session.add(row)
            await session.flush()
            owner_id = people[owner] if owner else None
            session.add(Assignment(customer_id=row.id, region_id=people[region], owner_id=owner_id))
            session.add(Contact(customer_id=row.id, name="钱多多", phone="+8613800001111"))
            ids[key] = row.id
    return ids


async def found(sign_in: SignIn, who: str, base: dict[str, str], **asked: Any) -> dict[str, Any]:
    """What the list shows to somebody, by the fixture's keys."""
    browser = await sign_in(who)
    answer = await browser.get("/api/customers", params={"text": "公海"} | asked)
    assert answer.status_code == 200, answer.text
    keys = {one: key for key, one in base.items()}
    return {keys[item["id"]]: item for item in answer.json()["items"] if item["id"] in keys}


@pytest.mark.parametrize("sort", ["newest", "oldest", "name"])
async def test_the_pool_of_the_own_region_is_listed_masked_and_nobody_elses(
    sign_in: SignIn, base: dict[str, str], people: dict[str, str], sort: str
) -> None:
    seen = await found(sign_in, "li.wei", base, sort=sort, text="" if sort == "name" else "公海")
    assert set(seen) == {"own", "pool"}
    assert seen["own"]["fields"]["phone"] == PHONE
    assert not {"phone", "email"} & seen["pool"]["fields"].keys()
    assert seen["pool"]["fields"]["industry"] == "物流"
    assert {"phone", "email"} <= {*seen["pool"]["hidden"]}
    assert [one["owner_id"] for one in seen["pool"]["followers"]] == [None]
    manager = await found(sign_in, "zhao.min", base)
    assert set(manager) == {"own", "pool", "theirs"}
    assert manager["pool"]["fields"]["phone"] == PHONE
    assert set(await found(sign_in, "wu.hao", base)) == {"south"}


async def test_what_a_pool_hides_finds_nobody_there(sign_in: SignIn, base: dict[str, str]) -> None:
    for text in ("13912345678", "钱多多", "13800001111"):
        assert set(await found(sign_in, "li.wei", base, text=text)) == {"own"}
    by_phone = {"fact": "phone", "op": "contains", "values": ["1391234"]}
    assert set(await found(sign_in, "li.wei", base, text="", filter=json.dumps(by_phone))) == {"own"}
    pooled = {"fact": "owner", "op": "empty"}
    assert set(await found(sign_in, "li.wei", base, filter=json.dumps(pooled))) == {"pool"}
    count = (await (await sign_in("li.wei")).get("/api/customers/count", params={"text": "公海"})).json()
    assert count["number"] == 2


@pytest.mark.parametrize("text", [PHONE, "345678", "13800001111", "钱多多", "qdd", "多多"])
async def test_nor_on_the_pools_own_page(sign_in: SignIn, base: dict[str, str], text: str) -> None:
    async def lying(who: str, text: str) -> set[str]:
        browser = await sign_in(who)
        items = (await browser.get("/api/pool", params={"text": text})).json()["items"]
        page = (await browser.get("/pool", params={"text": text}, headers=HTML)).text
        listed = {item["customer_id"] for item in items} & {*base.values()}
        assert listed == {one for one in base.values() if f"/pool/{one}" in page}
        return listed

    assert base["pool"] in await lying("li.wei", "公海")
    assert base["pool"] in await lying("li.wei", "ghdc")
    assert not await lying("li.wei", text)
    assert base["pool"] in await lying("zhao.min", text), "who assigns it sees it whole"


async def test_its_page_is_the_pools_until_it_is_claimed(sign_in: SignIn, base: dict[str, str]) -> None:
    li = await sign_in("li.wei")
    shown = (await li.get("/customers?text=公海&columns=phone,email", headers=HTML)).text
    assert shown.count(PHONE[3:6]) >= 1
    assert shown.count(MAIL) == 1
    opened = await li.get(f"/customers/{base['pool']}", headers=HTML)
    assert opened.status_code == 303
    page = (await li.get(opened.headers["location"], headers=HTML)).text
    assert "公海东池" in page
    assert MAIL not in page
    assert "钱多多" not in page
    for other in ("south", "theirs"):
        assert (await li.get(f"/customers/{base[other]}", headers=HTML)).status_code == 404
        assert (await li.get(f"/api/customers/{base[other]}")).status_code == 404


async def test_every_page_of_a_merged_customer_leads_to_the_one_it_lives_on_in(
    sign_in: SignIn, base: dict[str, str], db: Database
) -> None:
    merged = new_id()
    async with db.session() as session:
        session.add(Customer(id=merged, name="已合并", merged_into=base["own"]))
    li = await sign_in("li.wei")
    for page in ("", "/edit", "/follow-ups/new", "/billing", "/contacts/new"):
        answer = await li.get(f"/customers/{merged}{page}", headers=HTML)
        assert (answer.status_code, answer.headers["location"]) == (307, f"/customers/{base['own']}{page}")
    for part in ("/fields", "/follow-ups", "/regions"):
        answer = await li.get(f"/api/customers/{merged}{part}")
        assert (answer.status_code, answer.headers["location"]) == (307, f"/api/customers/{base['own']}{part}")


async def test_the_palette_and_the_pickers_know_the_pool_of_the_own_region_by_name(
    sign_in: SignIn, base: dict[str, str], db: Database, people: dict[str, str]
) -> None:
    async def palette(who: str, text: str) -> set[tuple[str, str]]:
        async with db.session() as session:
            records = await find_records(session, await actor_of(session, people[who]), text)
        keys = {one: key for key, one in base.items()}
        return {(one.kind, keys[one.id]) for one in records if one.id in keys}

    assert await palette("li.wei", "公海") == {("customer", "own"), ("pooled", "pool")}
    assert await palette("wu.hao", "ghdc") == set()
    assert await palette("zhao.min", "公海东池") == {("customer", "pool")}
    assert await palette("li.wei", PHONE[3:]) == {("customer", "own")}
    li = await sign_in("li.wei")
    shown = (await li.get("/ui/palette", params={"q": "公海东池"}, headers={"accept-language": "en"})).text
    assert f'href="/customers/{base["pool"]}"' in shown
    assert "Customer in the pool" in shown
    offered = (await li.get("/deals/new/customers", params={"q": "公海"}, headers=HTML)).text
    assert f'href="/customers/{base["pool"]}"' in offered
    assert f'value="{base["pool"]}"' not in offered
    assert f'value="{base["own"]}"' in offered
    assert base["pool"] not in (await li.get("/deals/new/customers", headers=HTML)).text


async def test_another_customer_in_a_field_may_lie_in_the_pool_of_the_own_region(
    sign_in: SignIn, base: dict[str, str], app: Any, db: Database, people: dict[str, str]
) -> None:
    async with db.session() as session:
        administrator = await actor_of(session, people["gu.ming"])
    await publish_fields(app.state.services.policies, administrator, own("parent", "customer"))
    li = await sign_in("li.wei")
    for named, status in (("公海南池", 422), ("公海东池", 204)):
        body = {"values": {"parent": named}}
        answer = await li.patch(f"/api/customers/{base['own']}", json=body, headers={"Idempotency-Key": new_id()})
        assert answer.status_code == status, answer.text
    assert "公海东池" in (await li.get(f"/customers/{base['own']}", headers=HTML)).text
