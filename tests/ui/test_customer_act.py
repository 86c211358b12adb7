"""One act on many customers: each is answered for itself, and nobody reaches what is not theirs."""

from __future__ import annotations

import json
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
from httpx import AsyncClient
from playwright.async_api import expect
from sqlalchemy import func, select

from commands.policy import publish_defaults
from db.base import new_id
from db.customer import Assignment, Customer
from db.engine import Database
from db.follow_up import FollowUp
from tests.conftest import SignIn
from tests.ui.browser import Visit

HTML = {"accept": "text/html"}


@pytest.fixture
async def base(db: Database, people: dict[str, str]) -> dict[str, str]:
    """Customers of two people in one region, one in its pool, one elsewhere: ids by name."""
    await publish_defaults(db)
    made = {"甲": ("east", "li.wei"), "乙": ("east", "li.wei"), "丙": ("east", "wang.fang"), "池": ("east", None),
            "远": ("south", "wu.hao")}  # fmt: skip
    ids = {}
    async with db.session() as session:
        for name, (region, owner) in made.items():
            row = Customer(id=new_id(), name=f"多选{name}")
            session.add(row)
            await session.flush()
            owner_id = people[owner] if owner else None
            session.add(Assignment(customer_id=row.id, region_id=people[region], owner_id=owner_id, tier="C"))
            ids[name] = row.id
    return ids


async def acted(browser: AsyncClient, act: str, **body: Any) -> dict[str, Any]:
    key = {"Idempotency-Key": body.pop("key", new_id())}
    answer = await browser.post("/api/customers/acts", json={"act": act} | body, headers=key)
    assert answer.status_code == 202, answer.text
    view: dict[str, Any] = answer.json()
    return view


async def place(db: Database, customer_id: str) -> Assignment:
    async with db.session() as session:
        return (await session.scalars(select(Assignment).where(Assignment.customer_id == customer_id))).one()


def why(view: dict[str, Any], base: dict[str, str]) -> dict[str, str]:
    names = {one: name for name, one in base.items()}
    return {names[one["customer_id"]]: one["refused"] for one in view["refusals"]}


async def test_what_cannot_be_done_for_one_holds_up_no_other_and_says_why(
    sign_in: SignIn, base: dict[str, str], db: Database
) -> None:
    li = await sign_in("li.wei")
    everybody = list(base.values())
    ranked = await acted(li, "tier", picked=everybody, tier="A")
    assert (ranked["status"], ranked["done"], ranked["refused"]) == ("done", 2, 3)
    assert why(ranked, base) == {"丙": "not_found", "池": "not_found", "远": "not_found"}
    assert [(await place(db, base[name])).tier for name in "甲乙丙池远"] == ["A", "A", "C", "C", "C"]
    claimed = await acted(li, "claim", picked=[base["池"], base["丙"]])
    assert (claimed["done"], why(claimed, base)) == (1, {"丙": "not_found"})
    key = new_id()
    for _ in range(2):  # a second click tells the same
        back = await acted(li, "give-back", picked=[base["甲"], base["远"]], note="没有需求", key=key)
        assert (back["done"], why(back, base)) == (1, {"远": "not_found"})
    assert (await place(db, base["甲"])).owner_id is None


async def test_tags_and_one_follow_up_go_to_each(
    sign_in: SignIn, base: dict[str, str], db: Database, people: dict[str, str]
) -> None:
    li = await sign_in("li.wei")
    mine = [base["甲"], base["乙"], base["丙"]]
    await acted(li, "tags", picked=mine[:1], add=["重点", "旧"])
    tagged = await acted(li, "tags", picked=mine, add=["年会"], remove=["旧"])
    assert (tagged["done"], why(tagged, base)) == (2, {"丙": "not_found"})
    logged = await acted(
        li, "follow-up", picked=mine, follow_up={"how": "wechat", "outcome": "reached", "note": "拜年"}
    )
    assert (logged["done"], logged["refused"]) == (2, 1)
    async with db.session() as session:
        tags = {one: (await session.get_one(Customer, base[one])).tags for one in "甲乙丙"}
        theirs = select(func.count()).where(FollowUp.customer_id.in_(mine), FollowUp.note == "拜年")
        assert await session.scalar(theirs) == 2
    assert tags == {"甲": ["重点", "年会"], "乙": ["年会"], "丙": []}
    assert (await place(db, base["甲"])).followed_at is not None


async def test_a_manager_gives_all_that_fit_to_somebody_batch_by_batch(
    sign_in: SignIn, base: dict[str, str], db: Database, people: dict[str, str], app: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("commands.customer_act.BATCH", 2)
    boss = await sign_in("zhao.min")
    begun = await acted(boss, "assign", every=True, text="多选", to=people["wang.fang"], reason="休假")
    assert begun["status"] == "running"
    acts = app.state.services.customer_acts
    while not (await acts.carry_on(begun["id"])).over:
        pass
    assert (await acts.carry_on(begun["id"])).over
    view = (await boss.get(f"/api/customers/acts/{begun['id']}")).json()
    assert (view["status"], view["refused"]) == ("done", 0)
    assert view["done"] >= 4
    owners = {name: (await place(db, base[name])).owner_id for name in base}
    assert {owners[name] for name in "甲乙丙池"} == {people["wang.fang"]}
    assert owners["远"] == people["wu.hao"]
    assert (await (await sign_in("li.wei")).get(f"/api/customers/acts/{begun['id']}")).status_code == 404


@pytest.mark.parametrize(
    ("act", "terms"),
    [("tier", {"tier": "B"}), ("give-back", {"note": "没有需求"}), ("tags", {"add": ["年会"]})],
)
async def test_a_batch_that_was_done_when_its_worker_was_killed_is_counted_once(
    act: str, terms: dict[str, Any], sign_in: SignIn, db: Database, people: dict[str, str], app: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """What was done fits the filter no more, and what was given back is not theirs any more who did it."""
    monkeypatch.setattr("commands.customer_act.BATCH", 2)
    await publish_defaults(db)
    town = f"{act}{new_id()}"
    async with db.session() as session:
        theirs = [Customer(id=new_id(), name=f"整批{no}", city=town) for no in range(3)]
        session.add_all(theirs)
        await session.flush()
        here = {"region_id": people["east"], "owner_id": people["li.wei"], "tier": "C"}
        session.add_all(Assignment(customer_id=one.id, **here) for one in theirs)
    li = await sign_in("li.wei")
    untouched = {
        "tier": {"fact": "tier", "op": "is", "values": ["C"]}, "tags": {"fact": "tags", "op": "empty"},
        "give-back": {"fact": "owner", "op": "is", "values": [people["li.wei"]]},
    }  # fmt: skip
    narrowed = json.dumps({"all": [{"fact": "city", "op": "is", "values": [town]}, untouched[act]]})
    begun = await acted(li, act, every=True, filter=narrowed, **terms)
    acts = app.state.services.customer_acts

    async def killed(*_: Any, **__: Any) -> bool:
        raise ConnectionError

    for _ in range(2):
        with monkeypatch.context() as patch:
            patch.setattr("commands.customer_act.went_on", killed)
            with pytest.raises(ConnectionError):
                await acts.carry_on(begun["id"])
    while not (carried := await acts.carry_on(begun["id"])).over:
        pass
    view = (await li.get(f"/api/customers/acts/{begun['id']}")).json()
    assert (view["status"], view["done"], view["refused"]) == ("done", 3, 0)
    assert carried.done == 3
    places = [await place(db, one.id) for one in theirs]
    if act == "tags":
        async with db.session() as session:
            assert [(await session.get_one(Customer, one.id)).tags for one in theirs] == [["年会"]] * 3
    else:
        assert all(one.tier == "B" if act == "tier" else one.owner_id is None for one in places)


async def test_the_page_asks_does_and_tells_without_a_script(sign_in: SignIn, base: dict[str, str]) -> None:
    li = await sign_in("li.wei")
    listed = (await li.get("/customers?text=多选", headers=HTML)).text
    assert f'value="{base["甲"]}"' in listed
    token = {"_csrf": li.headers["X-CSRF-Token"], "address": "/customers?text=多选"}
    picked = {"picked": [base["甲"], base["丙"]]}
    form = await li.post("/customers/act", data=token | picked | {"act": "tier"}, headers=HTML)
    assert "多选甲" in form.text
    assert "多选丙" not in form.text
    bad = await li.post("/customers/act/give-back", data=token | picked | {"idempotency_key": new_id()}, headers=HTML)
    assert bad.status_code == 422
    sent = await li.post(
        "/customers/act/tier", data=token | picked | {"tier": "B", "idempotency_key": new_id()}, headers=HTML
    )
    assert sent.status_code == 303
    told = unescape((await li.get(sent.headers["location"], headers=HTML)).text)
    assert "多选丙" not in told
    assert base["丙"] not in told or "多选" not in told.split(base["丙"])[1][:80]
    denied = await li.post("/customers/act", data=token | picked | {"act": "merge"}, headers=HTML)
    assert denied.status_code == 403
    boss = await sign_in("zhao.min")
    token = {"_csrf": boss.headers["X-CSRF-Token"]}
    merging = await boss.post("/customers/act", data=token | picked | {"act": "merge"}, headers=HTML)
    assert merging.headers["location"].startswith("/customers/merge?ids=")
    one = await boss.post("/customers/act", data=token | {"picked": base["甲"], "act": "merge"}, headers=HTML)
    assert one.status_code == 422


async def test_the_list_is_worked_off_by_keyboard_alone(visit: Visit, db: Database, people: dict[str, str]) -> None:
    await publish_defaults(db)
    town = f"键盘{new_id()}"
    async with db.session() as session:
        rows = [Customer(id=new_id(), name=f"按键{letter}", city=town) for letter in "戊丁丙乙甲"]
        session.add_all(rows)
        await session.flush()
        here = {"region_id": people["east"], "owner_id": people["li.wei"]}
        session.add_all(Assignment(customer_id=one.id, **here) for one in rows)
    narrowed = json.dumps({"all": [{"fact": "city", "op": "is", "values": [town]}]})
    page = (await visit(f"/customers?filter={quote(narrowed)}", as_person="li.wei")).page
    at = "document.activeElement.textContent.trim()"
    picked = page.locator("tbody .c-pick input:checked")

    await page.keyboard.press("j")
    assert await page.evaluate(at) == "按键甲"
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("x")
    await expect(picked).to_have_count(1)
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    assert await page.evaluate(at) == "按键丁"
    await page.keyboard.press("Shift+X")
    await expect(picked).to_have_count(3)
    await expect(page.locator("[data-bulk]")).to_contain_text("Selected: 3")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("x")
    await expect(picked).to_have_count(2)

    await page.keyboard.press("f")
    await expect(page.get_by_role("dialog")).to_contain_text("Follow up: 按键丙")
    await expect(page.get_by_label("What was said")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("The follow-up is logged.")).to_be_visible()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    async with db.session() as session:
        logged = await session.scalars(select(FollowUp.customer_id).where(FollowUp.by == people["li.wei"]))
        assert [one for one in logged if one in {row.id for row in rows}] == [rows[2].id]

    search = page.get_by_role("searchbox")
    await search.press("x")
    await expect(search).to_have_value("x")
    await expect(picked).to_have_count(2)
