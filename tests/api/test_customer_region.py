"""Several regions follow one customer; new customers come to people by rule, and these hear of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from httpx import AsyncClient
from sqlalchemy import select

from commands.policy import publish_defaults
from db.base import new_id
from db.customer import Assignment, Customer
from db.customer_assignment import Assigned, assign_by_rule
from db.customer_portrait import tell_owners
from db.engine import Database
from db.lead import Lead
from db.lead_origin import LeadTouch
from db.ownership import AssignmentChange, move
from db.person import Person
from db.policy import current_policy, publish
from db.process import Notification
from domain.customer_assignment import CustomerAssignmentPolicy
from tests.conftest import SignIn

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)


async def customer(db: Database, region: str, owner: str | None = None, **values: Any) -> str:
    await publish_defaults(db)
    made = new_id()
    async with db.session() as session:
        session.add(Customer(id=made, name="杭州双区客户", **values))
        await session.flush()
        session.add(Assignment(customer_id=made, region_id=region, owner_id=None, since=NOW))
        await session.flush()
        if owner:
            await move(session, [(made, region)], to=owner, how="assigned", at=NOW)
    return made


async def post(browser: AsyncClient, path: str, body: dict[str, Any] | None = None) -> Any:
    return await browser.post(path, json=body or {}, headers={"Idempotency-Key": uuid4().hex})


async def test_a_second_region_follows_with_its_own_owner_and_ends(
    sign_in: SignIn, db: Database, people: dict[str, str]
) -> None:
    one = await customer(db, people["east"], people["li.wei"], phone="+8613800000000")
    manager, south, seller = await sign_in("zhao.min"), await sign_in("huang.bo"), await sign_in("li.wei")
    address = f"/api/customers/{one}/regions"
    chosen = {"region": people["south"], "owner": people["deng.li"], "tier": "B"}
    assert (await post(seller, address, chosen)).status_code == 403
    assert (await post(south, address, chosen)).status_code == 404  # it is not theirs to see yet
    assert (await post(manager, address, chosen)).status_code == 403  # whose it is there says the South
    assert (await post(manager, address, {"region": people["south"]})).status_code == 204
    assert (await post(manager, address, {"region": people["south"]})).json()["code"] == "region_follows_already"
    found = (await south.get(address)).json()
    assert [(row["region_id"], row["pooled"], row["tier"]) for row in found] == [
        (people["east"], False, None), (people["south"], True, "C"),
    ]  # fmt: skip
    assert found[0]["owner_id"] == people["li.wei"]  # as the policy allows
    assert (await post(manager, f"{address}/{people['south']}/end")).status_code == 403
    assert (await post(south, f"{address}/{people['south']}/end")).status_code == 204
    last = await post(manager, f"{address}/{people['east']}/end")
    assert (last.status_code, last.json()["code"]) == (409, "last_region")
    async with db.session() as session:
        changes = await session.scalars(
            select(AssignmentChange).where(AssignmentChange.customer_id == one).order_by(AssignmentChange.id)
        )
        assert [change.how for change in changes] == ["assigned", "assigned"]


async def test_what_merely_lies_in_a_pool_has_no_portrait_for_a_seller(
    sign_in: SignIn, db: Database, people: dict[str, str]
) -> None:
    pooled = await customer(db, people["east"], phone="+8613800000001")
    seller, manager = await sign_in("li.wei"), await sign_in("zhao.min")
    assert (await seller.get(f"/api/customers/{pooled}/portrait")).status_code == 404
    portrait = (await manager.get(f"/api/customers/{pooled}/portrait")).json()
    assert ["phone", "+8613800000001"] in portrait["lines"]
    assert (portrait["step"], portrait["suggestion"]["tier"]) == ("find_contact", "E")
    page = await manager.get(f"/customers/{pooled}/regions")
    assert (page.status_code, "杭州双区客户" in page.text) == (200, True)
    assert (await manager.get(f"/customers/{pooled}/regions?panel=true")).text.count("<html") == 0


async def test_new_customers_come_to_people_by_turn_once_and_are_told(db: Database, people: dict[str, str]) -> None:
    await publish_defaults(db)
    rows = [
        {
            "id": "zhejiang", "when": {"province": {"op": "in", "values": ["浙江"]}}, "note": "",
            "then": {"follow": [{"region": "east", "to": "turn", "tier": "B"}, {"region": "south", "to": "pool"}]},
        }
    ]  # fmt: skip
    document = {
        **CustomerAssignmentPolicy.default,
        "table": {**CustomerAssignmentPolicy.default["table"], "rows": rows},
    }
    made = [new_id() for _ in range(9)]
    async with db.session() as session:
        version, _ = await current_policy(session, CustomerAssignmentPolicy.kind)
        await publish(session, CustomerAssignmentPolicy.kind, document, by=None, note="", follows=version)
        session.add_all([Customer(id=one, name=f"浙江{no}", province="浙江") for no, one in enumerate(made)])
        session.add(Customer(id=new_id(), name="别处"))
    async with db.session() as session:
        given = await assign_by_rule(session, made[:1], way="form", home=None, at=NOW)
        more = await assign_by_rule(session, made[1:], way="import", home=None, at=NOW, run_id=new_id())
        assert await assign_by_rule(session, made, way="import", home=None, at=NOW) == []
        await tell_owners(session, given)
        await tell_owners(session, more, run_id=made[0])
    turns = [one.owner_id for one in given + more if one.region_id == people["east"]]
    assert len(turns) == 9
    assert set(turns) == {people[key] for key in ("chen.tao", "li.wei", "wang.fang", "zhou.kai")}
    assert {one.owner_id for one in given + more if one.region_id == people["south"]} == {None}
    async with db.session() as session:
        tiers = set(await session.scalars(select(Assignment.tier).where(Assignment.customer_id.in_(made))))
        [told] = await session.scalars(select(Notification).where(Notification.link == f"/customers/{made[0]}"))
    assert tiers == {"B", "C"}
    assert (told.kind, told.person_id, told.params["title"]) == ("customer.arrived", turns[0], "浙江0")
    assert isinstance(given[0], Assigned)


async def test_the_policies_have_their_pages(sign_in: SignIn, db: Database) -> None:
    await publish_defaults(db)
    administrator = await sign_in("gu.ming")
    for path in (
        "/policies/allocation", "/policies/allocation/edit", "/policies/allocation/edit/weekly",
        "/policies/customer_assignment", "/policies/customer_assignment/edit",
        "/policies/customer_assignment/edit/row?row=zhejiang",
    ):  # fmt: skip
        assert (await administrator.get(path)).status_code == 200, path
    form = {"region": "east", "at": "09:30", "days": ["mon", "thu"], "each": "20", "revision": "0"}
    kept = await administrator.post("/policies/allocation/edit/weekly", data=form | {"idempotency_key": uuid4().hex})
    assert kept.status_code == 303
    shown = await administrator.get("/policies/allocation/edit")
    assert "09:30" in shown.text
    address = "/policies/customer_assignment/edit/row?row=zhejiang"
    row = {"region": ["home", "south"], "to": ["turn", "pool:region"], "tier": ["B", "C"], "revision": "0"}
    kept = await administrator.post(address, data=row | {"idempotency_key": uuid4().hex})
    assert kept.status_code == 303
    assert '<option value="pool:region" selected>' in (await administrator.get(address)).text
    read = (await administrator.get("/policies/customer_assignment/edit")).text
    assert "区域公海" in read or "Regional pool" in read


async def test_a_rule_names_for_a_region_only_who_sells_there(
    sign_in: SignIn, db: Database, people: dict[str, str]
) -> None:
    await publish_defaults(db)
    administrator = await sign_in("gu.ming")
    api, now = "/api/policies/customer_assignment/draft", CustomerAssignmentPolicy.default

    async def kept(**follows: str) -> int:
        row = {"id": "all", "when": {}, "then": {"follow": [{"to": "person", **follows}]}, "note": ""}
        document = {**now, "table": {**now["table"], "rows": [row]}}
        known = await administrator.get(api)
        asked = {"document": document, "revision": known.json()["revision"] if known.status_code == 200 else 0}
        return int((await administrator.put(api, json=asked)).json()["revision"])

    async def published(**follows: str) -> Any:
        asked = {"revision": await kept(**follows), "note": "谁来跟进"}
        return await post(administrator, f"{api}/publication", asked)

    elsewhere = "Li Wei does not sell in the region South China."
    for follows, code, what in (
        ({"region": "south", "person": people["li.wei"]}, "seller_elsewhere", elsewhere),
        ({"region": "home", "person": people["he.jie"]}, "seller_nowhere", "He Jie sells in no region."),
        ({"region": "south", "person": new_id()}, "person_unknown", "There is no such person."),
    ):  # fmt: skip
        refused = await published(**follows)
        assert (refused.status_code, refused.json()["code"]) == (422, "policy_invalid")
        [problem] = refused.json()["params"]["problems"]
        assert (problem["code"], problem["what"]) == (code, what)
        assert problem["where"] == "table.rows.0.then.follow.0.person"
    revision = await kept(region="south", person=people["li.wei"])
    said = "李伟不在华南负责销售，客户会留在该区域的公海里。"
    assert said in (await administrator.get("/policies/customer_assignment/edit")).text
    form = {"region": ["east", "south"], "to": ["turn", f"person:{people['li.wei']}"], "tier": ["B", "C"]}
    address = "/policies/customer_assignment/edit/row?row=all"
    typed = form | {"revision": str(revision), "idempotency_key": uuid4().hex}
    wrong = await administrator.post(address, data=typed, headers={"accept": "text/html"})
    assert (wrong.status_code, wrong.text.count(said)) == (422, 1)
    assert wrong.text.index('id="f-to-1"') < wrong.text.index(said) < wrong.text.index('id="f-tier-1"')
    assert (await published(region="east", person=people["li.wei"])).status_code == 201

    async def owner_of(name: str) -> str | None:
        made = new_id()
        async with db.session() as session:
            session.add(Customer(id=made, name=name))
            await session.flush()
            [given] = await assign_by_rule(session, [made], way="form", home=None, at=NOW)
        return given.owner_id

    assert await owner_of("归李伟") == people["li.wei"]
    async with db.session() as session:
        person = await session.get_one(Person, people["li.wei"])
        person.unit_id, was = people["south"], person.unit_id
    assert await owner_of("李伟调走之后") is None, "as before, it lies in the pool"
    async with db.session() as session:
        (await session.get_one(Person, people["li.wei"])).unit_id = was


async def test_a_portrait_names_the_campaigns_through_which_a_customer_came(
    sign_in: SignIn, db: Database, people: dict[str, str]
) -> None:
    one = await customer(db, people["east"], people["li.wei"])
    async with db.session() as session:
        told = {"company": "杭州双区客户", "name": "周明", "currency": "CNY", "region_id": people["east"], "utm": {}}
        lead = Lead(
            number=f"L-{new_id()}", source="form", stage="converted", customer_id=one, campaign="春季展会", **told
        )
        session.add(lead)
        await session.flush()
        for no, campaign in enumerate(("春季展会", None, "冷链直播", "春季展会"), 1):
            session.add(LeadTouch(lead_id=lead.id, no=no, source="form", campaign=campaign, utm={}, why=[]))
    panel = await (await sign_in("li.wei")).get(f"/customers/{one}/regions?panel=true")
    assert "冷链直播, 春季展会" in panel.text or "春季展会, 冷链直播" in panel.text
    assert panel.text.count("春季展会") == 1
