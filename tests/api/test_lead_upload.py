"""A file of leads is looked at before it is taken in, and each of its rows is one lead once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import func, select

from db.engine import Database
from db.lead import Lead
from tests.conftest import SignIn
from tests.somebody import phone_of

pytestmark = pytest.mark.usefixtures("worker")


def sheet(*rows: str) -> bytes:
    return "\n".join(("公司,姓名,电话,大区,规模,车位", *rows)).encode("gbk")


async def send(browser: AsyncClient, content: bytes) -> Any:
    sent = await browser.post("/api/lead-uploads", files={"file": ("leads.csv", content)})
    assert sent.status_code == 201, sent.text
    return sent.json()


async def taken(browser: AsyncClient, upload: dict[str, Any]) -> Any:
    body = {"mapping": [*upload["mapping"][:5], "custom"], "region": "east", "campaign": "展会"}
    begun = await browser.post(f"/api/lead-uploads/{upload['id']}/take", json=body)
    assert begun.status_code == 202, begun.text
    async with asyncio.timeout(30):
        while True:
            now = (await browser.get(f"/api/lead-uploads/{upload['id']}")).json()
            if now["status"] == "done":
                return now
            await asyncio.sleep(0.05)


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("commands.lead_upload.STEP", 4)


async def test_rows_are_leads_once_and_those_that_cannot_be_used_say_why(sign_in: SignIn, db: Database) -> None:
    browser = await sign_in("zhao.min")
    good = [f"上传{n}食品,周明,{phone_of(f'upload-{n}')},华东,200人,{n}" for n in range(6)]
    rows = sheet(*good, good[0], "坏电话,周明,12,华东,,", "无区,周明,13800138000,月球,,")
    upload = await send(browser, rows)
    assert upload["mapping"] == ["company", "name", "phone", "region", "size", ""]
    assert (upload["rows"], upload["status"]) == (9, "read")
    assert (await send(browser, sheet(*good, good[0], "坏电话,周明,12,华东,,", "无区,周明,13800138000,月球,,")))[
        "id"
    ] == upload["id"]
    assert (await taken(browser, upload))["counts"] == {"waiting": 0, "fresh": 7, "touch": 0, "failed": 2}
    failed = (await browser.get(f"/api/lead-uploads/{upload['id']}/failed")).json()
    assert [(row["no"], row["code"]) for row in failed] == [(8, "phone_invalid"), (9, "region_unknown")]
    mended = await send(browser, sheet(*good, "坏电话,周明,13912345678,华东,,"))
    assert (await taken(browser, mended))["counts"]["fresh"] == 7
    async with db.session() as session:
        ours = (Lead.source == "upload", Lead.campaign == "展会")
        assert await session.scalar(select(func.count()).where(*ours)) == 7
        lead = (await session.scalars(select(Lead).where(Lead.company == "上传5食品"))).one()
    assert (lead.size, lead.custom) == ("medium", {"车位": "5"})
    stranger = await sign_in("li.wei")
    assert (await stranger.get(f"/api/lead-uploads/{upload['id']}")).status_code == 404
    page = await browser.get(f"/leads/upload/{upload['id']}/failed.csv")
    assert page.status_code == 200
    assert "坏电话" in page.text
