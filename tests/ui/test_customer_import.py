"""The pages of an import: a file sent in, mapped and carried out, and one that is refused."""

from __future__ import annotations

import json
import re
import zipfile
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from db.customer import Customer
from db.engine import Database
from db.policy import current_policy, publish
from domain.customer_field import CustomerFieldPolicy
from tests.activities.test_customer_import_sheet import workbook
from tests.conftest import SignIn
from tests.workflows.importing import Imports

pytestmark = pytest.mark.usefixtures("worker")
FILE = "客户名称,电话,城市\n蓝港食品有限公司,13800138501,上海\n明远软件有限公司,12,杭州\n=1+1,13800138502,\n".encode()


async def send(browser: AsyncClient, content: bytes = FILE) -> str:
    answer = await browser.post("/customers/import", files={"file": ("客户.csv", content)})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def own_fields(db: Database, fields: list[dict[str, Any]], **more: Any) -> None:
    """The company's own fields are these from now on."""
    async with db.session() as session:
        version, _ = await current_policy(session, "customer_field")
        changed = {**CustomerFieldPolicy.default, "fields": fields, **more}
        await publish(session, "customer_field", changed, by=None, note="", follows=version)


async def test_a_manager_maps_a_file_and_reads_why_a_row_was_not_used(
    app: FastAPI, people: dict[str, str], sign_in: SignIn
) -> None:
    browser = await sign_in("zhao.min")
    await Imports(app.state.services, people).take_in(["客户名称", "另一份文件有限公司"])
    url = await send(browser)
    shown = await browser.get(url)
    assert '<option value="name" selected>' in shown.text
    assert await send(browser) == url
    assert "这些行您已经发送过" in (await browser.get(url)).text
    again = await browser.post("/api/customer-imports", files={"file": ("又一次.csv", FILE)})
    assert (again.status_code, again.json()["id"]) == (200, url.rsplit("/", 1)[1])
    form = {"column-0": "name", "column-1": "phone", "column-2": "city", "region_id": people["east"], "whose": "pool"}
    missing = await browser.post(url, data=form | {"column-0": "", "idempotency_key": "first-try-1"})
    assert missing.status_code == 422
    twice = await browser.post(url, data=form | {"column-1": "city", "idempotency_key": "first-try-2"})
    assert "两列不能是同一个字段：城市。" in twice.text
    begun = await browser.post(url, data=form | {"mode": "both", "idempotency_key": "second-try"})
    assert begun.status_code == 303
    for _ in range(600):
        view = (await browser.get(f"/api/customer-imports/{url.rsplit('/', 1)[1]}")).json()
        if view["stage"] == "done":
            break
    assert (view["stage"], view["created"], view["rejected"]) == ("done", 2, 1)
    done = (await browser.get(url)).text
    assert "暂无负责人：进入区域公海" in done
    assert 'data-label="客户名称">明远软件有限公司' in done
    made = unescape(re.findall(r'href="(/customers\?filter=[^"]+)"', done)[0])
    listed = (await browser.get(made)).text
    assert [name in listed for name in ("蓝港食品有限公司", "=1+1", "另一份文件有限公司", "客户.csv ·")] == [
        True, True, False, True,
    ]  # fmt: skip
    rows = (await browser.get(f"{url}/rows.csv")).content.decode("utf-8-sig").splitlines()
    assert rows[0].endswith("客户名称,电话,城市")
    assert rows[1].startswith("3,")
    assert rows[1].endswith("明远软件有限公司,12,杭州")
    assert (await (await sign_in("huang.bo")).get(url)).status_code == 404
    assert (await (await sign_in("li.wei")).get("/customers/import")).status_code == 403


async def test_rows_below_a_sheets_title_are_named_as_the_spreadsheet_program_shows_them(
    app: FastAPI, people: dict[str, str], sign_in: SignIn, tmp_path: Path
) -> None:
    rows = [["客户名称", "电话"], ["标题下甲厂", "13800138601"], [], ["标题下乙厂", "12"], ["标题下甲厂"]]
    book = workbook(tmp_path / "书.xlsx", [["二〇二六年度客户名单"], ["制表：华东大区"], [], *rows])
    browser = await sign_in("zhao.min")
    url = await send(browser, book.read_bytes())
    form = {"column-0": "name", "column-1": "phone", "region_id": people["east"], "whose": "pool", "mode": "both"}
    begun = await browser.post(url, data=form | {"idempotency_key": uuid4().hex})
    assert begun.status_code == 303, begun.text
    import_id = url.rsplit("/", 1)[1]
    row = await Imports(app.state.services, people).ended(import_id)
    assert (row.created, row.rejected, row.doubled) == (1, 1, 1)
    shown = (await browser.get(url)).text
    assert re.findall(r'data-label="行">(\d+)<', shown) == ["7", "8"]
    assert "5" in re.findall(r'data-label="原因">([^<]+)<', shown)[1]
    told = (await browser.get(f"{url}/rows.csv")).content.decode("utf-8-sig").splitlines()
    assert [line.partition(",")[0] for line in told[1:]] == ["7", "8"]
    api = f"/api/customer-imports/{import_id}"
    assert (await browser.get(api)).json()["heading_row"] == 4
    assert [one["no"] for one in (await browser.get(f"{api}/rows?verdict=double")).json()] == [4]


async def test_customers_are_listed_by_the_import_that_made_them_for_who_sees_it(
    app: FastAPI, people: dict[str, str], sign_in: SignIn
) -> None:
    imports = Imports(app.state.services, people)
    first = await imports.take_in(["客户名称", "按批次查看甲公司", "按批次查看乙公司"], name="甲.csv")
    second = await imports.take_in(["客户名称", "按批次查看丙公司"], by="lin.yue", name="乙.csv")
    names = {one.id: one.name[-3] for one in await imports.all(Customer, Customer.import_id.in_([first.id, second.id]))}

    async def found(who: str, op: str, *ids: str) -> str:
        said: dict[str, Any] = {"fact": "import", "op": op} | ({"values": ids} if ids else {})
        asked = {"filter": json.dumps(said), "limit": "100"}
        answer = await (await sign_in(who)).get("/api/customers", params=asked)
        if answer.status_code != 200:
            return str(answer.json()["code"])
        return "".join(sorted(names.get(one["id"], "") for one in answer.json()["items"]))

    assert await found("lin.yue", "is", first.id, second.id) == "丙乙甲"
    assert await found("lin.yue", "is", second.id.upper()) == "丙"
    assert await found("lin.yue", "not", second.id) == "乙甲"
    assert await found("zhao.min", "is", first.id) == "乙甲"
    assert await found("zhao.min", "is", second.id) == ""  # somebody else's
    assert await found("zhao.min", "filled") == "丙乙甲"
    assert await found("zhao.min", "is", "甲.csv") == "filter_value"
    assert await found("li.wei", "is", first.id) == "filter_fact_unknown"
    form = await (await sign_in("zhao.min")).get("/customers/condition", params={"fact": "import"})
    assert ("甲.csv" in form.text, "乙.csv" in form.text) == (True, False)
    nobodys = await (await sign_in("huang.bo")).get("/customers/condition", params={"fact": "import"})
    assert "您还没有导入过客户" in nobodys.text


async def test_the_page_says_which_fields_no_column_may_be(db: Database, sign_in: SignIn) -> None:
    fields: list[dict[str, Any]] = [
        {"key": "papers", "label": {"zh": "资质文件", "en": "Papers"}, "type": "files"},
        {"key": "parent", "label": {"zh": "母公司", "en": "Parent"}, "type": "customer"},
    ]
    await own_fields(db, fields)
    browser = await sign_in("zhao.min")
    shown = await browser.get(await send(browser, "客户名称,母公司\n说明字段有限公司,\n".encode()))
    assert '<option value="custom.parent" selected>' in shown.text
    assert "custom.papers" not in shown.text
    assert "不能从表格填入文件：资质文件。" in shown.text
    await own_fields(db, [])


async def test_a_column_of_numbers_is_taken_in_from_who_sees_only_a_part_of_those_there_are(
    app: FastAPI, db: Database, people: dict[str, str], sign_in: SignIn
) -> None:
    managers = ["regional_manager"]
    await own_fields(db, [], builtin={"phone": {"masked_for": managers}, "email": {"hidden_from": managers}})
    imports, browser = Imports(app.state.services, people), await sign_in("zhao.min")
    there = "遮掩导入甲有限公司"
    await imports.take_in(["客户名称,电话", f"{there},13800139901"], by="lin.yue")
    lines = ["客户名称,电话,邮箱", f"{there},13800139902,", "遮掩导入乙有限公司,12,", "遮掩导入丙有限公司,13800139903,"]
    url = await send(browser, "\n".join([*lines, ""]).encode())
    shown = (await browser.get(url)).text
    assert ('<option value="phone" selected>' in shown, 'value="email"' in shown) == (True, False)
    form = {"column-0": "name", "column-1": "phone", "region_id": people["east"], "whose": "pool", "mode": "both"}
    hidden = await browser.post(url, data=form | {"column-2": "email", "idempotency_key": uuid4().hex})
    assert hidden.status_code == 422
    import_id = url.rsplit("/", 1)[1]
    mapping = {"mapping": ["name", "phone", "email"], "region_id": people["east"]}
    key = {"Idempotency-Key": uuid4().hex}
    refused = await browser.post(f"/api/customer-imports/{import_id}/start", json=mapping, headers=key)
    assert (refused.status_code, refused.json()["code"]) == (422, "field_unknown")
    begun = await browser.post(url, data=form | {"column-2": "", "idempotency_key": uuid4().hex})
    assert begun.status_code == 303, begun.text
    row = await imports.ended(import_id)
    assert (row.created, row.updated, row.rejected) == (1, 1, 1)
    api = f"/api/customer-imports/{import_id}"
    for path in (url, f"{url}/rows.csv", api, *(f"{api}/rows?verdict={one}" for one in ("rejected", "update"))):
        assert "139901" not in (await browser.get(path)).text, path
    assert "遮掩导入乙有限公司,12," in (await browser.get(f"{url}/rows.csv")).content.decode("utf-8-sig")
    kept = await imports.all(Customer, Customer.name.startswith("遮掩导入"))
    assert {one.name[-5]: one.phone for one in kept} == {"甲": "+8613800139902", "丙": "+8613800139903"}
    await own_fields(db, [])


async def test_a_value_beyond_its_fields_limit_is_told_with_the_limit(
    db: Database, people: dict[str, str], sign_in: SignIn
) -> None:
    fields = [
        {"key": "staff", "type": "integer", "label": {"zh": "员工", "en": "Staff"}, "least": 7},
        {"key": "worth", "type": "money", "label": {"zh": "产值", "en": "Worth"}, "most": 900_000},
    ]
    await own_fields(db, fields)
    browser = await sign_in("zhao.min")
    url = await send(browser, "客户名称,员工,产值\n蓝湾甲厂,3,1\n蓝湾乙厂,8,9001\n".encode())
    mapping = {"column-0": "name", "column-1": "custom.staff", "column-2": "custom.worth"}
    form = mapping | {"region_id": people["east"], "whose": "pool", "mode": "both", "idempotency_key": "limits-of-both"}
    assert (await browser.post(url, data=form)).status_code == 303
    for _ in range(600):
        if (await browser.get(f"/api/customer-imports/{url.rsplit('/', 1)[1]}")).json()["stage"] == "done":
            break
    told = (await browser.get(url)).text
    await own_fields(db, [])
    assert ("员工：不能小于 7。" in told, re.search(r"产值：不能大于 9,?000(\.00)?。", told) is not None) == (
        True,
        True,
    )


async def test_a_file_that_is_no_table_is_refused_in_place(sign_in: SignIn) -> None:
    browser = await sign_in("zhao.min")
    answer = await browser.post("/customers/import", files={"file": ("x.csv", b"%PDF-1.7 nothing")})
    assert answer.status_code == 422
    assert 'name="file"' in answer.text


def bomb() -> bytes:
    """Half a megabyte that says it is four gigabytes."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", bytes(64 * 1024 * 1024))
    content = bytearray(packed.getvalue())
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = (4 * 1024**3 - 1).to_bytes(4, "little")
    return bytes(content)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("客户.xlsx", bomb(), "import_unpacked"),
        ("客户.xlsx", b"%PDF-1.7 a contract", "import_binary"),
        ("客户.csv", ",".join(["列"] * 10_000).encode() + b"\n1\n", "import_columns_most"),
        ("客户.csv", "客户名称,电话\n蓝港,1\n".encode() + b'"' + b"x" * 20_000_000, "import_cell_huge"),
        ("客户.csv", "客户名称,电话\n蓝港\0,1\n".encode(), "import_nul"),
        ("客户.xlsx", b"\xd0\xcf\x11\xe0" + bytes(508) + "EncryptedPackage".encode("utf-16-le"), "file_locked"),
    ],
    ids=["bomb", "paper", "wide", "cell", "nul", "locked"],
)
async def test_hostile_files_are_refused_with_one_sentence_by_both_doors(
    sign_in: SignIn, name: str, content: bytes, code: str
) -> None:
    browser = await sign_in("zhao.min")
    answer = await browser.post("/customers/import", files={"file": (name, content)})
    assert answer.status_code == 422
    assert answer.text.count('class="field-error"') == 1
    said = await browser.post("/api/customer-imports", files={"file": (name, content)})
    assert (said.status_code, said.json()["code"], said.json()["errors"][0]["field"]) == (422, code, "file")
    assert (await browser.get("/customers/import")).status_code == 200
