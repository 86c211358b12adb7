"""The demo company's list from a fair, as it was imported: four new customers, and rows that could not be used."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.base import new_id
from db.customer import Customer
from db.customer_assignment import lay_in_pool
from db.customer_import import CustomerImport, CustomerImportRow
from db.customer_import_stage import Import
from domain.customer_import_rows import Known, Reader, phones

FILE = "华东冷链展会名单.csv"
HEADINGS = ["公司名称", "联系电话", "邮箱", "城市", "来源"]
MAPPING = ["name", "phone", "email", "city", "source"]
ROWS = [
    ["无锡锦程冷链物流有限公司", "0510-82731168", "info@jincheng.example", "无锡", "展会"],
    ["绍兴越秀食品有限公司", "13957500261", "sales@yuexiu.example", "绍兴", "展会"],
    ["嘉兴禾丰生鲜配送有限公司", "8888", "", "嘉兴", "展会"],
    ["扬州瘦西湖乳业有限公司", "18752700932", "hello@shouxihu.example", "扬州", "展会"],
    ["越秀食品", "13957500261", "", "绍兴", "展会"],
    ["", "13800571126", "", "杭州", "展会"],
    ["台州东海水产有限公司", "0576-88506612", "donghai#mail.example", "台州", "展会"],
    ["宁波北仑港冷藏有限公司", "13600574418", "office@beilun-cold.example", "宁波", "展会"],
]
DOUBLES = {5: 2}
"""The rows that are the same as an earlier one."""
NEW = 4
"""Rows that became customers."""


async def load_import(session: AsyncSession, ids: dict[str, str]) -> None:
    """Once."""
    if await session.scalar(select(CustomerImport.id).where(CustomerImport.file_name == FILE)):
        return
    batch = Reader(MAPPING, Known("CN")).batch(1, ROWS)
    wrong = {one.no for one in batch.rejected}
    new = {no: row for no, row in enumerate(ROWS, start=1) if no not in wrong and no not in DOUBLES}
    now = datetime.now(UTC)
    begun, by, region = now - timedelta(days=2), ids["zhao.min"], ids["east"]
    row = CustomerImport(
        id=new_id(), by_id=by, created_at=begun, file_name=FILE, hash="", size=0, encoding="gb18030", delimiter=",",
        headings=HEADINGS, sample=ROWS, rows=len(ROWS), mapping=MAPPING, region_id=region, target="pool", stage="done",
        read=len(ROWS), merged=len(ROWS), created=len(new), doubled=len(DOUBLES), rejected=len(wrong),
        started_at=begun, finished_at=begun + timedelta(seconds=2), matched_at=begun,
    )  # fmt: skip
    session.add(row)
    await session.flush()
    session.add_all(
        CustomerImportRow(
            import_id=row.id, no=one.no, verdict="rejected", field=one.wrong.field, code=one.wrong.code,
            cells=list(one.cells),
        )
        for one in batch.rejected
    )  # fmt: skip
    session.add_all(
        CustomerImportRow(import_id=row.id, no=no, verdict="double", other_no=other, cells=ROWS[no - 1])
        for no, other in DOUBLES.items()
    )
    one = Import(row.id, begun, by, row.mode or "both", region, None, None, MAPPING, None)
    numbers = dict(zip(new, phones("CN")([cells[1] for cells in new.values()]), strict=True))
    session.add_all(
        Customer(
            id=one.first_id(no), name=cells[0], phone=numbers[no], email=cells[2] or None, city=cells[3],
            source=cells[4], import_id=row.id, created_at=begun, updated_at=begun,
        )
        for no, cells in new.items()
    )  # fmt: skip
    await session.flush()
    made = [one.first_id(no) for no in new]
    await lay_in_pool(session, made, region, tier="C", pool=None, how="imported", at=begun, by=by, run_id=row.id)
