"""Deals by the API: opened, moved one stage at a time, changed, followed up; seen by whom they concern only."""

from __future__ import annotations

from typing import Any

import pytest
from httpx import AsyncClient, Response

from db.deal import Deal
from tests.conftest import SignIn
from tests.selling import YUAN, Selling

pytestmark = pytest.mark.usefixtures("worker")


async def post(browser: AsyncClient, address: str, key: str, **body: Any) -> Response:
    return await browser.post(address, json=body, headers={"Idempotency-Key": key.ljust(8, "-")})


async def move(browser: AsyncClient, deal_id: str, key: str, was: str, now: str, **more: Any) -> Response:
    return await post(browser, f"/api/deals/{deal_id}/move", key, from_stage=was, to_stage=now, **more)


async def test_a_deal_is_opened_once_for_the_customers_owner_whatever_is_repeated(
    sign_in: SignIn, selling: Selling
) -> None:
    manager = await sign_in("zhao.min")
    customer_id = await selling.customer("荣达钢铁")
    new = {"customer_id": customer_id, "title": "ERP 上线", "amount": 162_000 * YUAN, "close_on": "2026-12-04"}
    first, again = [await post(manager, "/api/deals", "open-once", **new) for _ in range(2)]
    assert (first.status_code, first.json()) == (201, again.json())
    deal = (await manager.get(f"/api/deals/{first.json()['id']}")).json()
    assert (deal["stage"], deal["owner_id"]) == ("contact", selling.people["li.wei"])
    other = await post(manager, "/api/deals", "open-once", **new | {"amount": 1})
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")


async def test_a_deal_moves_one_stage_at_a_time_and_a_refusal_says_why(sign_in: SignIn, selling: Selling) -> None:
    owner = await sign_in("li.wei")
    deal_id = await selling.deal("冷链可视化", amount=0)
    skipped = await move(owner, deal_id, "skip", "contact", "proposal")
    assert (skipped.status_code, skipped.json()["code"], skipped.json()["params"]["next"]) == (
        409, "stage_skipped", "needs",
    )  # fmt: skip
    assert (await move(owner, deal_id, "one", "contact", "needs")).status_code == 200
    gated = await move(owner, deal_id, "two", "needs", "proposal", reason=None)
    assert (gated.status_code, gated.json()["code"]) == (409, "fields_missing")
    assert gated.json()["params"]["fields"] == ["amount"]
    assert gated.json()["detail"].endswith("not filled in yet: Amount.") or "金额" in gated.json()["detail"]
    late = await move(owner, deal_id, "stale", "contact", "needs")
    assert (late.json()["code"], late.json()["params"]["by"]) == ("moved_meanwhile", "李伟")
    lost = await move(owner, deal_id, "lose", "needs", "lost")
    assert (lost.status_code, lost.json()["errors"][0]["field"]) == (422, "reason")
    assert (await move(owner, deal_id, "lost", "needs", "lost", reason="budget")).status_code == 200
    closed = await selling.row(Deal, deal_id, stage="lost")
    assert (closed.end_reason, closed.lost_in) == ("budget", "needs")


async def test_an_edit_carries_the_version_it_saw_and_a_note_wakes_the_deal(sign_in: SignIn, selling: Selling) -> None:
    owner = await sign_in("li.wei")
    deal_id = await selling.deal("患者门户", next_step="发送案例")
    edit = f"/api/deals/{deal_id}/edit"
    version = (await owner.get(f"/api/deals/{deal_id}")).json()["version"]
    changed = await post(owner, edit, "edit-1", version=version, amount=51_000_000, next_step="")
    assert changed.status_code == 200
    deal = (await owner.get(f"/api/deals/{deal_id}")).json()
    assert (deal["amount"], deal["next_step"], deal["title"]) == (51_000_000, "", "患者门户")
    assert deal["close_on"] == "2026-12-18"
    undated = await post(owner, edit, "edit-3", version=deal["version"], no_close_on=True)
    assert undated.status_code == 200
    assert (await owner.get(f"/api/deals/{deal_id}")).json()["close_on"] is None
    stale = await post(owner, edit, "edit-2", version=version, title="另一个名字")
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")
    noted = await post(owner, f"/api/deals/{deal_id}/notes", "note-1", how="visit", note="见了采购经理")
    assert noted.status_code == 200
    again = (await owner.get(f"/api/deals/{deal_id}")).json()
    assert again["active_at"] > deal["active_at"]


async def test_colleagues_and_other_regions_find_nothing_managers_their_region(
    sign_in: SignIn, selling: Selling
) -> None:
    deal_id = await selling.deal("只给华东看")
    answers = {}
    for name in ("li.wei", "zhao.min", "lin.yue", "wang.fang", "huang.bo", "gao.fei"):
        browser = await sign_in(name)
        answers[name] = (await browser.get(f"/api/deals/{deal_id}")).status_code
    assert answers == {
        "li.wei": 200, "zhao.min": 200, "lin.yue": 200, "wang.fang": 404, "huang.bo": 404, "gao.fei": 404,
    }  # fmt: skip
    refused = await move(await sign_in("huang.bo"), deal_id, "not-mine", "contact", "needs")
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")


async def test_the_list_is_filtered_sorted_and_goes_on_where_it_stopped(
    sign_in: SignIn, selling: Selling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.deal.PAGE", 2)
    customer_id = await selling.customer("名单客户")
    for amount in (30, 10, 20, 20, 40):
        await selling.deal(f"{amount} 元", amount=amount * YUAN, customer_id=customer_id)
    owner = await sign_in("li.wei")

    async def listed(**params: Any) -> list[int]:
        found, after = [], None
        while True:
            asked: dict[str, Any] = {"customer_id": customer_id} | params | ({"after": after} if after else {})
            page = (await owner.get("/api/deals", params=asked)).json()
            found += [deal["amount"] // YUAN for deal in page["items"]]
            after = page["next"]
            if after is None:
                return found

    assert await listed(sort="amount") == [10, 20, 20, 30, 40]
    assert await listed(sort="amount", descending=True) == [40, 30, 20, 20, 10]
    assert await listed(sort="amount", amount_from=20 * YUAN, amount_to=30 * YUAN) == [20, 20, 30]
    assert sorted(await listed(owner="me", stage="contact")) == [10, 20, 20, 30, 40]
    assert await listed(closes_from="2027-01-01") == []
    wrong = await owner.get("/api/deals", params={"owner": "everybody", "after": "last"})
    assert wrong.status_code == 422
    assert {fault["field"].partition(".")[0] for fault in wrong.json()["errors"]} == {"owner", "after"}
