"""The register of equipment in the browser, and how alike two tickets must be to be offered as one."""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import select

from commands.policy import publish_defaults
from db.base import new_id
from db.customer import Assignment, Customer
from db.engine import Database
from db.equipment import Equipment
from domain.ticket_language import spoken
from domain.ticket_number import numbers_in, without_numbers
from domain.ticket_repeat import LIKE, likeness
from tests.conftest import SignIn


async def test_a_machine_is_entered_found_and_changed(sign_in: SignIn, db: Database, people: dict[str, str]) -> None:
    await publish_defaults(db)
    customer_id = new_id()
    async with db.session() as session:
        session.add(Customer(id=customer_id, name="蓝港冷链"))
        await session.flush()
        session.add(Assignment(customer_id=customer_id, region_id=people["east"], owner_id=None))
    agent = await sign_in("gao.fei")
    assert "蓝港冷链" in (await agent.get("/equipment/new?q=langang")).text
    assert (await agent.get(f"/equipment/new?customer={customer_id}")).status_code == 200
    form = {
        "customer_id": customer_id, "model": "C-200", "serial_number": "SN-100", "next_on": "2027-03-01", "days": "90",
        "active": "1", "idempotency_key": uuid4().hex,
    }  # fmt: skip
    for _ in range(2):  # the second click
        made = await agent.post("/equipment", data=form)
        assert made.status_code == 303, made.text
    async with db.session() as session:
        [row] = list(await session.scalars(select(Equipment).where(Equipment.customer_id == customer_id)))
    assert row.next_at is not None
    assert row.next_at.isoformat().startswith("2027-03-01T00:00")  # eight in the morning in Shanghai
    shown = await agent.get("/equipment?text=sn-100")
    assert "C-200" in shown.text
    assert "蓝港冷链" in shown.text
    page = await agent.get(f"/equipment/{row.id}")
    assert (page.status_code, "SN-100" in page.text) == (200, True)
    edit = await agent.get(f"/equipment/{row.id}/edit")
    assert 'value="2027-03-01"' in edit.text
    doubled = await agent.post("/equipment", data=form | {"idempotency_key": uuid4().hex})
    assert doubled.status_code == 422
    bad = await agent.post(
        "/equipment", data=form | {"serial_number": "x", "days": "-1", "idempotency_key": uuid4().hex}
    )
    assert bad.status_code == 422
    assert "SN-100" in (await agent.get(f"/customers/{customer_id}")).text
    stranger = await sign_in("xie.ting")
    assert (await stranger.get(f"/equipment/{row.id}")).status_code == 404
    assert "SN-100" not in (await stranger.get("/equipment")).text
    manager = await sign_in("shen.yu")
    for url in ("/reports/satisfaction", "/leads/hooks", "/leads/forms"):
        assert (await manager.get(url)).status_code == 200


def test_tickets_that_say_the_same_are_alike_in_any_language() -> None:
    said = "杭州仓网关离线，重启无效"
    assert likeness(said, said) == 1.0
    assert likeness(said, "网关又离线了，杭州仓，重启也无效") >= LIKE
    assert likeness("The gateway is offline again", "gateway offline, again!") >= LIKE
    assert likeness(said, "请问十一月的发票什么时候开") < LIKE
    assert likeness("", "") == 0.0


def test_numbers_and_languages_are_read_out_of_what_people_write() -> None:
    assert numbers_in("回复: [T-2026-000123] 与 t2026000124，T-2026-0001234") == ["T-2026-000123", "T-2026-000124"]
    assert without_numbers("Re: 回复：Fwd: 网关离线 [T-2026-000123]") == "网关离线"
    assert (spoken("网关 offline"), spoken("The gateway is offline"), spoken("E-42?")) == ("zh_CN", "en", None)
