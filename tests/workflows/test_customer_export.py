"""An export holds what its owner may see, whoever is killed meanwhile, and is gone when its days are over."""

from __future__ import annotations

import csv
import json
import os
from io import BytesIO, StringIO
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select
from temporalio.testing import ActivityEnvironment

from activities.customer_export import CustomerExportActivities, ExportFile
from commands.policy import publish_defaults
from db.base import new_id
from db.customer import Assignment, Customer
from db.customer_export import CustomerExport
from db.engine import Database
from db.process import Notification
from domain.access import GRANTS, Action, Role, Scope
from domain.customer_field import DEFAULT, CustomerFieldPolicy, fields
from settings import Settings
from tests.conftest import SignIn

NAMES = ["=cmd|' /C calc'!A0", "+86 公司", "-1", "@sum", "普通公司", '引号"，逗号,公司', "尾\n行"]


@pytest.fixture(scope="module")
async def base(db: Database, people: dict[str, str]) -> list[str]:
    await publish_defaults(db)
    ids = []
    async with db.session() as session:
        for no in range(25):
            row = Customer(id=new_id(), name=NAMES[no] if no < len(NAMES) else f"客户{no:02d}", tags=["a", "=b"])
            session.add(row)
            await session.flush()
            region, owner = ("south", "wu.hao") if no == 24 else ("east", "li.wei")
            session.add(Assignment(customer_id=row.id, region_id=people[region], owner_id=people[owner], tier="B"))
            ids.append(row.id)
    return ids


@pytest.fixture
def activities(db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> CustomerExportActivities:
    monkeypatch.setattr("activities.customer_export.PART_ROWS", 10)
    monkeypatch.setattr("activities.customer_export.BATCH", 5)
    return CustomerExportActivities(db, settings.zone, settings.home / "exports", settings.export_keep)


async def begun(sign_in: SignIn, who: str, **body: Any) -> str:
    browser = await sign_in(who)
    answer = await browser.post(
        "/api/customers/exports", json={"language": "en"} | body, headers={"Idempotency-Key": new_id()}
    )
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


async def carried(activities: CustomerExportActivities, export_id: str, *, killed_after: int = -1) -> None:
    """Part by part as the workflow asks; the worker dies while it writes a part, and another begins."""
    file, environment, no = ExportFile(export_id=export_id), ActivityEnvironment(), 0
    while True:
        if no == killed_after:
            (activities.folder / export_id).mkdir(parents=True, exist_ok=True)
            (activities.folder / export_id / f"{no:05d}-half").write_text("half a part", encoding="utf-8")
        if (await environment.run(activities.write_customers, file)).over:
            break
        no += 1
    await environment.run(activities.finish_export, file)
    await environment.run(activities.finish_export, file)


async def table(sign_in: SignIn, who: str, export_id: str) -> list[list[str]]:
    answer = await (await sign_in(who)).get(f"/api/customers/exports/{export_id}/file")
    assert answer.status_code == 200
    return list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))


async def test_a_manager_takes_out_the_own_region_with_formulas_made_harmless(
    sign_in: SignIn, base: list[str], activities: CustomerExportActivities
) -> None:
    export_id = await begun(sign_in, "zhao.min")
    await carried(activities, export_id, killed_after=1)
    rows = await table(sign_in, "zhao.min", export_id)
    head, names = rows[0], [row[rows[0].index("Name")] for row in rows[1:]]
    assert head[:4] == ["Number", "Owner", "Region", "Tier"]
    assert len(names) == len(set(names)) == 24
    assert names[:4] == [f"'{name}" for name in NAMES[:4]]
    assert names[4:7] == NAMES[4:7]
    assert rows[1][1:4] == ["Li Wei", "East China", "B"]


async def test_an_excel_file_has_the_same_rows_and_no_formulas(
    sign_in: SignIn, base: list[str], activities: CustomerExportActivities
) -> None:
    export_id = await begun(sign_in, "lin.yue", format="xlsx", picked=base[:12])
    await carried(activities, export_id)
    answer = await (await sign_in("lin.yue")).get(f"/api/customers/exports/{export_id}/file")
    rows = CalamineWorkbook.from_filelike(BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert len(rows) == 13
    at = rows[0].index("Name")
    assert [row[at] for row in rows[1:8]] == NAMES
    assert b"<f>" not in answer.content


@pytest.mark.parametrize("rare", [10_000, -1])
async def test_a_word_that_many_are_called_by_leaves_nobody_out(
    sign_in: SignIn, base: list[str], activities: CustomerExportActivities, monkeypatch: pytest.MonkeyPatch, rare: int
) -> None:
    monkeypatch.setattr("db.customer_find.RARE", rare)
    export_id = await begun(sign_in, "zhao.min", text="客户")
    await carried(activities, export_id)
    assert len(await table(sign_in, "zhao.min", export_id)) == 1 + 17


async def test_an_export_is_its_owners_alone_and_stops_with_the_right(
    sign_in: SignIn, base: list[str], activities: CustomerExportActivities, db: Database, people: dict[str, str]
) -> None:
    export_id = await begun(sign_in, "zhao.min", filter='{"fact": "name", "op": "starts", "values": ["客户"]}')
    await carried(activities, export_id)
    assert len(await table(sign_in, "zhao.min", export_id)) == 1 + 17
    for other in ("huang.bo", "lin.yue", "gu.ming"):
        browser = await sign_in(other)
        for path in ("", "/file"):
            assert (await browser.get(f"/api/customers/exports/{export_id}{path}")).status_code == 404
    seller = await (await sign_in("li.wei")).post(
        "/api/customers/exports", json={}, headers={"Idempotency-Key": new_id()}
    )
    assert seller.status_code == 403
    lost = new_id()
    async with db.session() as session:
        session.add(CustomerExport(id=lost, by_id=people["li.wei"], format="csv", language="en", fields=["name"]))
    written = await ActivityEnvironment().run(activities.write_customers, ExportFile(export_id=lost))
    assert (written.failed, written.rows) == (True, 0)
    await ActivityEnvironment().run(activities.drop_export, ExportFile(export_id=export_id))
    gone = await (await sign_in("zhao.min")).get(f"/api/customers/exports/{export_id}/file")
    assert gone.status_code == 404
    assert not [name for name in os.listdir(activities.folder) if export_id in name]


async def test_a_filter_that_cannot_be_used_and_a_fourth_export_are_refused(sign_in: SignIn, base: list[str]) -> None:
    boss = await sign_in("lin.yue")
    wrong = await boss.post("/api/customers/exports", json={"filter": "{"}, headers={"Idempotency-Key": new_id()})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "filter")
    first = await begun(sign_in, "lin.yue")
    key = {"Idempotency-Key": new_id()}
    twice = [(await boss.post("/api/customers/exports", json={}, headers=key)).json()["id"] for _ in range(2)]
    assert twice[0] == twice[1] != first
    await begun(sign_in, "lin.yue")
    fourth = await boss.post("/api/customers/exports", json={}, headers={"Idempotency-Key": new_id()})
    assert fourth.status_code == 409


async def test_what_a_role_may_not_see_is_not_in_its_file(
    sign_in: SignIn, activities: CustomerExportActivities, db: Database, people: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """A pool's customer is written as the pool shows it, also where a company lets those who sell export; a field
    hidden from the role has no column, of a masked one stands what the page shows."""
    await publish_defaults(db)
    mark = new_id()
    made = {"own": ("east", "li.wei"), "pool": ("east", None), "south": ("south", None), "other": ("east", "wang.fang")}
    async with db.session() as session:
        for key, (region, owner) in made.items():
            row = Customer(id=new_id(), name=f"{mark} {key}", phone="+8613912345678", email="boss@secret.example",
                           tax_number="91310000SECRET", city="密城")  # fmt: skip
            session.add(row)
            await session.flush()
            owner_id = people[owner] if owner else None
            session.add(Assignment(customer_id=row.id, region_id=people[region], owner_id=owner_id))
    monkeypatch.setitem(GRANTS, Role.SALES, GRANTS[Role.SALES] | {Action.CUSTOMER_EXPORT: Scope.OWN})
    ruled = {"tax_number": {"masked_for": ["sales"]}, "city": {"hidden_from": ["sales"]}}
    rules = fields(CustomerFieldPolicy.model_validate_json(json.dumps({**DEFAULT, "builtin": ruled})))
    monkeypatch.setattr("db.customer_field.fields", lambda _document: rules)
    only = json.dumps({"fact": "name", "op": "starts", "values": [mark]})
    export_id = await begun(sign_in, "li.wei", filter=only)
    await carried(activities, export_id)
    head, *rows = await table(sign_in, "li.wei", export_id)
    file = {row[head.index("Name")].removeprefix(f"{mark} "): dict(zip(head, row, strict=True)) for row in rows}
    assert set(file) == {"own", "pool"}
    assert "139" in file["own"]["Phone"]
    assert file["own"]["E-mail"] == "boss@secret.example"
    assert file["pool"]["Phone"] == file["pool"]["E-mail"] == ""
    assert "密城" not in str(rows)
    assert "91310000SECRET" not in str(rows)
    begun_as_manager = await begun(sign_in, "zhao.min", filter=only)
    await carried(activities, begun_as_manager)
    assert "91310000SECRET" in str(await table(sign_in, "zhao.min", begun_as_manager))


async def test_the_process_writes_tells_and_drops_the_file_in_time(
    sign_in: SignIn, base: list[str], worker: None, db: Database
) -> None:
    boss = await sign_in("huang.bo")
    export_id = await begun(sign_in, "huang.bo", filter='{"fact": "name", "op": "starts", "values": ["客户"]}')
    while (shown := (await boss.get(f"/api/customers/exports/{export_id}")).json())["status"] == "running":
        pass
    assert (shown["status"], shown["rows"]) == ("done", 1)
    assert len(await table(sign_in, "huang.bo", export_id)) == 2
    async with db.session() as session:
        link = f"/customers/exports/{export_id}"
        told = (await session.scalars(select(Notification).where(Notification.link == link))).one()
    assert (told.kind, told.params["rows"]) == ("export.done", 1)
