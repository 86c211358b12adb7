"""What the palette finds: by characters, pinyin or number, and only what one may see."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from commands.policy import publish_defaults
from db.actor import actor_of
from db.customer import Assignment, Customer
from db.deal import Deal
from db.engine import Database
from db.lead import Lead
from db.palette import find_records
from db.quote import Quote
from tests.conftest import SignIn

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture(scope="module")
async def harbor(db: Database, people: dict[str, str]) -> str:
    """A customer of Li Wei's in the east, with a deal and another company's lead; the customer's id."""
    await publish_defaults(db)
    async with db.session() as session:
        customer = Customer(name="蓝港食品")
        session.add(customer)
        await session.flush()
        owner, region = people["li.wei"], people["east"]
        session.add(Assignment(customer_id=customer.id, region_id=region, owner_id=owner))
        session.add(
            Deal(
                id=str(uuid4()), number="D-2026-000777", title="冷链可视化试点", customer_id=customer.id,
                line_id=str(uuid4()), region_id=region, owner_id=owner, stage="proposal", amount=42_000_000,
                currency="CNY", opened_at=NOW, stage_since=NOW, active_at=NOW, version=1, revision=1,
            )
        )  # fmt: skip
        session.add(
            Quote(
                id=str(uuid4()), number="Q-2026-000779", deal_id=str(uuid4()), title="冷库改造报价",
                customer_id=customer.id, line_id=str(uuid4()), region_id=region, owner_id=owner, amount=42_000_000,
                currency="CNY", status="draft", version=1, edits=0, body={}, totals={}, versions=[],
                opened_at=NOW, revision=1,
            )
        )  # fmt: skip
        session.add(
            Lead(
                number="L-2026-000778", source="hand", company="蓝天物流", name="何娜", currency="CNY",
                region_id=region, owner_id=owner, stage="assigned", utm={},
            )
        )  # fmt: skip
        return customer.id


async def found(db: Database, people: dict[str, str], who: str, text: str) -> list[tuple[str, str]]:
    async with db.session() as session:
        records = await find_records(session, await actor_of(session, people[who]), text)
    return [(record.kind, record.title) for record in records]


@pytest.mark.parametrize(
    ("text", "records"),
    [
        ("蓝港", [("customer", "蓝港食品"), ("deal", "冷链可视化试点")]),
        ("lgsp", [("customer", "蓝港食品"), ("deal", "冷链可视化试点")]),
        ("langang", [("customer", "蓝港食品"), ("deal", "冷链可视化试点")]),
        ("蓝", [("customer", "蓝港食品"), ("deal", "冷链可视化试点"), ("lead", "蓝天物流")]),
        ("000777", [("deal", "冷链可视化试点")]),
        ("蓝港 冷链", [("deal", "冷链可视化试点")]),
        ("Q-2026-000779", [("quote", "冷库改造报价")]),
        ("何娜", [("lead", "蓝天物流")]),
        ("zm", [("person", "赵敏")]),
        ("zhaomin", [("person", "赵敏")]),
        ("赵敏", [("person", "赵敏")]),
        ("100%", []),
    ],
)
async def test_a_record_is_found_by_what_an_office_types(
    db: Database, people: dict[str, str], harbor: str, text: str, records: list[tuple[str, str]]
) -> None:
    assert await found(db, people, "li.wei", text) == records


async def test_another_regions_manager_finds_nothing_of_it(db: Database, people: dict[str, str], harbor: str) -> None:
    assert await found(db, people, "huang.bo", "蓝") == []


async def test_the_answer_names_and_links_the_record(sign_in: SignIn, harbor: str) -> None:
    browser = await sign_in("li.wei")
    answer = await browser.get("/ui/palette", params={"q": "lgsp"}, headers={"accept-language": "en"})
    assert f'href="/customers/{harbor}"' in answer.text
    assert "Deal · 蓝港食品 · D-2026-000777" in answer.text
