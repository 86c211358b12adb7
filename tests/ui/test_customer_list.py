"""The list of customers: conditions nest, places hold while rows change, and nobody learns of what is not theirs."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from httpx import AsyncClient

from commands.policy import publish_defaults
from db.base import new_id
from db.customer import Assignment, Customer
from db.engine import Database
from tests.conftest import SignIn

HTML = {"accept": "text/html"}
NOW = datetime.now(UTC)
FOLLOWED = {"甲": 5, "丙": 2, "丁": 9}
"""Days since the last follow-up; with the others there was none yet."""
ORDERS = {
    "newest": "戊丁丙乙甲", "oldest": "甲乙丙丁戊", "due": "甲乙丙丁", "name": "", "unfollowed": "乙丁甲丙",
    "followed": "丙甲丁乙", "tier": "甲丙丁乙戊", "tier_low": "戊乙丁丙甲",
}  # fmt: skip


@pytest.fixture(scope="module")
async def base(db: Database, people: dict[str, str], app: Any) -> dict[str, str]:
    """A few customers in two regions: ids by name."""
    made = {
        "甲物流": ("east", "li.wei", "A", "物流", ["重点"], {"staff": 20}),
        "乙物流": ("east", "li.wei", "B", "物流", [], {"staff": 900}),
        "丙医疗": ("east", "wang.fang", "A", "医疗", ["重点", "续约"], {"staff": "many"}),
        "丁医疗": ("south", "wu.hao", "A", "医疗", [], {}),
        "戊公海": ("east", None, "C", None, [], {}),
    }
    ids = {}
    await publish_defaults(db)
    async with db.session() as session:
        for no, (name, (region, owner, tier, industry, tags, custom)) in enumerate(made.items()):
            row = Customer(id=new_id(), name=name, industry=industry, tags=tags, custom=custom)
            session.add(row)
            await session.flush()
            due = NOW + timedelta(days=no) if owner else None
            followed = NOW - timedelta(days=days) if (days := FOLLOWED.get(name[0])) else None
            session.add(
                Assignment(customer_id=row.id, region_id=people[region], owner_id=people[owner] if owner else None,
                           tier=tier, due_at=due, followed_at=followed)
            )  # fmt: skip
            ids[name] = row.id
    return ids


def holds(fact: str, op: str, *values: str) -> dict[str, Any]:
    return {"fact": fact, "op": op} | ({"values": list(values)} if values else {})


async def listed(browser: AsyncClient, base: dict[str, str], said: Any = None, **more: str) -> str:
    """First characters of the names that are shown, in their order."""
    query = more | ({"filter": json.dumps(said)} if said is not None else {})
    page = await browser.get("/customers", params=query, headers=HTML)
    assert page.status_code == 200, page.text
    at = {name[0]: page.text.find(f'href="/customers/{one}"') for name, one in base.items()}
    return "".join(sorted((name for name, place in at.items() if place >= 0), key=lambda name: at[name]))


async def test_conditions_nest_and_one_assignment_fulfils_them_together(
    sign_in: SignIn, base: dict[str, str], people: dict[str, str]
) -> None:
    boss = await sign_in("lin.yue")
    assert await listed(boss, base, {"all": [holds("industry", "is", "医疗"), holds("tier", "is", "A")]}) == "丁丙"
    either = {"any": [holds("industry", "is", "物流"), holds("tags", "is", "续约")]}
    assert await listed(boss, base, either) == "丙乙甲"
    nested = {"all": [either, {"any": [holds("tier", "is", "A"), {"all": [holds("tags", "empty")]}]}]}
    assert await listed(boss, base, nested) == "丙乙甲"
    assert await listed(boss, base, {"all": [either, holds("tier", "not", "B")]}) == "丙甲"
    pooled = {"all": [holds("region", "is", people["east"]), holds("owner", "empty")]}
    assert await listed(boss, base, pooled) == "戊"
    assert await listed(boss, base, {"all": [holds("due", "next_days", "2"), holds("owner", "filled")]}) == "乙甲"
    assert await listed(boss, base, holds("owner", "is", "me")) == ""
    assert await listed(await sign_in("li.wei"), base, holds("owner", "is", "me")) == "乙甲"
    assert await listed(boss, base, holds("open_deals", "is", "no")) == "戊丁丙乙甲"
    assert await listed(boss, base, holds("open_amount", "least", "1")) == ""
    assert await listed(boss, base, holds("name", "starts", "丙")) == "丙"
    assert await listed(boss, base, holds("created", "last_days", "1"), text="yl") == "丁丙"


async def test_nobody_finds_by_a_filter_a_count_or_a_view_what_is_not_theirs(
    sign_in: SignIn, base: dict[str, str], people: dict[str, str]
) -> None:
    of_wang = {"all": [holds("owner", "is", people["wang.fang"])]}
    seen = {name: await listed(await sign_in(name), base, of_wang)
            for name in ("wang.fang", "li.wei", "zhao.min", "huang.bo", "lin.yue")}  # fmt: skip
    assert seen == {"wang.fang": "丙", "li.wei": "", "zhao.min": "丙", "huang.bo": "", "lin.yue": "丙"}
    not_li = {"any": [holds("owner", "not", people["li.wei"]), holds("owner", "empty"), holds("tags", "empty")]}
    assert await listed(await sign_in("li.wei"), base, not_li) == "戊乙"
    counts = {}
    for name in ("li.wei", "zhao.min", "huang.bo"):
        answer = await (await sign_in(name)).get("/customers/count", headers=HTML)
        counts[name] = int(answer.text.split(">")[1].split()[0])
    assert counts == {"li.wei": 3, "zhao.min": 4, "huang.bo": 1}
    manager = await sign_in("zhao.min")
    address = f"filter={json.dumps(of_wang)}"
    kept = {"name": "王芳的", "address": address, "region_id": people["east"], "_csrf": manager.headers["X-CSRF-Token"]}
    assert (await manager.post("/customers/views", data=kept)).status_code == 303
    colleague, elsewhere = await sign_in("li.wei"), await sign_in("huang.bo")
    assert "王芳的" in (await colleague.get("/customers", headers=HTML)).text
    assert "王芳的" not in (await elsewhere.get("/customers", headers=HTML)).text
    theirs = unescape((await colleague.get("/customers", headers=HTML)).text)
    view = theirs.split("王芳的")[0].rsplit('href="/customers?', 1)[1].split('"')[0]
    assert base["丙医疗"] not in (await colleague.get(f"/customers?{view}", headers=HTML)).text
    other_region = kept | {"region_id": people["south"], "name": "越界"}
    assert (await manager.post("/customers/views", data=other_region)).status_code == 422


@pytest.mark.parametrize("sort", list(ORDERS))
async def test_pages_go_on_and_back_where_they_were_while_rows_change(
    sign_in: SignIn, base: dict[str, str], db: Database, people: dict[str, str], monkeypatch: pytest.MonkeyPatch,
    sort: str,
) -> None:  # fmt: skip
    monkeypatch.setattr("ui.customer_list.PAGE", 2)
    boss = await sign_in("lin.yue")
    whole = ORDERS[sort]
    at, seen, back = f"/customers?sort={sort}", [], []
    fresh = ""
    while at:
        page = unescape((await boss.get(at, headers=HTML)).text)
        seen.append([name[0] for name, one in base.items() if f'href="/customers/{one}"' in page])
        at = _link(page, "next")
        if not fresh:
            fresh = new_id()
            async with db.session() as session:  # comes meanwhile: no row is shown twice or missed
                session.add(Customer(id=fresh, name="己新来"))
        back.append(_link(page, "prev"))
    flat = [name for names in seen for name in names]
    assert len(flat) == len(set(flat)) == (len(whole) or 5)
    if whole:
        assert [set(names) for names in seen if names] == [
            set(whole[no : no + 2]) for no in range(0, len(whole), 2)
        ]  # fmt: skip
    before = unescape((await boss.get(back[1], headers=HTML)).text)
    assert [name[0] for name, one in base.items() if f'href="/customers/{one}"' in before] == seen[0]
    async with db.session() as session:
        await session.delete(await session.get_one(Customer, fresh))


def _link(page: str, rel: str) -> str:
    found = [part for part in page.split("<a ")[1:] if f'rel="{rel}"' in part.split(">")[0]]
    return found[0].split('href="')[1].split('"')[0] if found else ""


async def test_by_when_they_go_back_each_reader_lists_their_own(sign_in: SignIn, base: dict[str, str]) -> None:
    readers = {"lin.yue": "甲乙丙丁", "zhao.min": "甲乙丙", "huang.bo": "丁", "li.wei": "甲乙"}
    assert {name: await listed(await sign_in(name), base, sort="due") for name in readers} == readers
    assert await listed(await sign_in("zhao.min"), base, holds("tier", "is", "A"), sort="due") == "甲丙"


async def test_by_follow_up_and_tier_each_reader_lists_their_own_and_by_tier_their_pools_too(
    sign_in: SignIn, base: dict[str, str]
) -> None:
    readers = {
        "lin.yue": ("乙丁甲丙", "丙甲丁乙", "甲丙丁乙戊"), "zhao.min": ("乙甲丙", "丙甲乙", "甲丙乙戊"),
        "huang.bo": ("丁", "丁", "丁"), "li.wei": ("乙甲", "甲乙", "甲乙戊"),
    }  # fmt: skip
    for name, orders in readers.items():
        browser = await sign_in(name)
        for sort, order in zip(("unfollowed", "followed", "tier"), orders, strict=True):
            assert await listed(browser, base, sort=sort) == order, (name, sort)
    boss = await sign_in("lin.yue")
    assert await listed(boss, base, holds("industry", "is", "物流"), sort="followed") == "甲乙"
    page = unescape((await boss.get("/customers?columns=followed,tier&sort=followed", headers=HTML)).text)
    turned = page.split('aria-sort="descending"')[1].split("</th>")[0]
    assert "sort=unfollowed" in turned
    assert "sort=tier" in page.split("</thead>")[0].split(turned)[1]


@pytest.mark.parametrize(
    "said",
    [
        "{", "[]", "null", '"x"', '{"all": 1}', '{"all": [1]}', '{"all": [], "any": []}', "[" * 5_000,
        json.dumps(holds("password_hash", "is", "x")), json.dumps(holds("tier", "like", "A")),
        json.dumps(holds("tier", "is")), json.dumps({"fact": "tier", "op": "is", "values": [1]}),
        json.dumps(holds("owner", "is", "1 or 1=1")), json.dumps(holds("created", "after", "2026-13-45")),
        json.dumps(holds("created", "last_days", "99999999999")), json.dumps(holds("name", "is", "a" * 300)),
        json.dumps(holds("open_amount", "least", "zehn")), json.dumps(holds("name", "is", "\x00")),
        json.dumps(holds("name", "contains", "\ud800")),
        json.dumps({"all": [{"any": [{"all": [{"any": [{"all": []}]}]}]}]}),
        json.dumps({"all": [holds("tags", "empty")] * 41}),
    ],
)  # fmt: skip
async def test_a_filter_nobody_can_use_is_refused_and_names_the_condition(
    sign_in: SignIn, base: dict[str, str], said: str
) -> None:
    boss = await sign_in("lin.yue")
    answer = await boss.get("/api/customers", params={"filter": said})
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"].startswith("filter")
    page = await boss.get("/customers", params={"filter": said}, headers=HTML)
    assert page.status_code == 422
    for place in ("AAAA", "%00", "W10", "WyJ4Il0", "a" * 599):
        assert (await boss.get("/customers", params={"after": place}, headers=HTML)).status_code == 422


async def test_values_are_values_whatever_they_look_like(sign_in: SignIn, base: dict[str, str]) -> None:
    boss = await sign_in("lin.yue")
    for hostile in ("%", "_", "' or 1=1 --", "\\", "${7*7}", "<script>"):
        for op in ("is", "contains", "starts"):
            assert await listed(boss, base, holds("name", op, hostile)) == ""
    page = await boss.get("/customers", params={"filter": json.dumps(holds("name", "is", "<script>"))}, headers=HTML)
    assert "<script>" not in page.text.replace("<script ", "")


async def test_a_condition_is_added_beside_another_and_taken_away(sign_in: SignIn, base: dict[str, str]) -> None:
    boss = await sign_in("lin.yue")
    said = json.dumps({"all": [holds("industry", "is", "物流")]})
    more = {"filter": said, "fact": "tags", "op": "is", "value": "续约", "beside": "0"}
    to = (await boss.get("/customers/condition", params=more, headers=HTML)).headers["location"]
    page = unescape((await boss.get(to, headers=HTML)).text)
    assert all(base[name] in page for name in ("甲物流", "乙物流", "丙医疗"))
    assert base["丁医疗"] not in page
    wrong = more | {"fact": "tier", "op": "is", "value": ""}
    again = await boss.get("/customers/condition", params=wrong, headers=HTML)
    assert again.status_code == 422
    assert "请为条件填写合适的值" in again.text


async def test_the_api_lists_with_the_same_filter_and_goes_on(sign_in: SignIn, base: dict[str, str]) -> None:
    boss = await sign_in("lin.yue")
    said = json.dumps({"any": [holds("tier", "is", "A"), holds("owner", "empty")]})
    first = (await boss.get("/api/customers", params={"filter": said, "sort": "oldest", "limit": 2})).json()
    rest = await boss.get(
        "/api/customers", params={"filter": said, "sort": "oldest", "limit": 2, "after": first["next"]}
    )
    names = [one["name"] for one in first["items"] + rest.json()["items"]]
    assert names == ["甲物流", "丙医疗", "丁医疗", "戊公海"]
    assert first["items"][0]["followers"][0]["tier"] == "A"
