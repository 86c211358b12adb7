"""A policy is drafted together, checked, tried on real requests, published, and gone back on."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response

from db.base import new_id
from tests.api.test_policy import lines, newest
from tests.approving import submitted
from tests.conftest import SignIn

pytestmark = pytest.mark.usefixtures("worker")
DRAFT = "/api/policies/approval/draft"


async def keep(browser: AsyncClient, document: Any, revision: int = 0, **more: Any) -> Response:
    return await browser.put(DRAFT, json={"document": document, "revision": revision, **more})


async def discard(browser: AsyncClient) -> None:
    known = await browser.get(DRAFT)
    if known.status_code == 200:
        await browser.delete(DRAFT, params={"revision": known.json()["revision"]})


async def test_a_higher_limit_is_drafted_tried_on_the_last_requests_and_published(
    app: FastAPI, sign_in: SignIn, people: dict[str, str]
) -> None:
    administrator, manager = await sign_in("gu.ming"), await sign_in("zhao.min")
    for yuan in (40_000, 60_000, 70_000, 90_000):
        await submitted(app.state.services, people, title=f"试算 {yuan}", yuan=yuan)
    document = lines(8_000_000)
    kept = (await keep(administrator, document)).json()
    assert (kept["based_on"], kept["changed_by"]) == (await newest(administrator), people["gu.ming"])

    trial = (await administrator.post("/api/policies/approval/trial", json={"document": document})).json()
    (shift,) = trial["shifts"]
    assert (shift["approver"], shift["joins"]) == ({"by": "role", "role": "cfo"}, False)
    assert (len(shift["cases"]), trial["unfit"]) == (2, [])

    change = (await administrator.get("/api/policies/approval/compare")).json()
    assert {(cell["row"], cell["part"]) for cell in change["cells"]} == {
        ("up_to_50000", "amount"), ("above_50000", "amount"),
    }  # fmt: skip

    asked = {"revision": kept["revision"], "note": "限额提高到八万"}
    key = {"Idempotency-Key": new_id()}
    published, again = [await administrator.post(f"{DRAFT}/publication", json=asked, headers=key) for _ in range(2)]
    assert (published.status_code, published.json()) == (201, again.json())
    assert published.json()["version"] == kept["based_on"] + 1
    assert (await administrator.get(DRAFT)).status_code == 404
    after = await submitted(app.state.services, people, title="新限额", yuan=70_000)
    path = (await manager.get(f"/api/tasks/{after}")).json()["approval"]["path"]
    assert [step["step"]["key"] for step in path] == ["manager"]


async def test_a_stale_tab_does_not_overwrite_a_draft_nor_one_begun_after_it(
    sign_in: SignIn, people: dict[str, str]
) -> None:
    administrator = await sign_in("gu.ming")
    await discard(administrator)
    first = (await keep(administrator, lines(1_000_000))).json()["revision"]
    second = (await keep(administrator, lines(2_000_000), first)).json()["revision"]
    again = await keep(administrator, lines(2_000_000), first)
    assert (again.status_code, again.json()["revision"]) == (200, second), "sent twice is written once"
    stale = await keep(administrator, lines(3_000_000), first)
    assert (stale.status_code, stale.json()["code"]) == (409, "draft_changed")
    assert (stale.json()["params"]["by_id"], "顾明" in stale.json()["detail"]) == (people["gu.ming"], True)
    await discard(administrator)
    anew = (await keep(administrator, lines(4_000_000))).json()["revision"]
    assert (await keep(administrator, lines(3_000_000), second)).status_code == 409
    gone = await administrator.post(
        f"{DRAFT}/publication", json={"revision": second, "note": "x"}, headers={"Idempotency-Key": new_id()}
    )
    assert (gone.status_code, anew > second) == (409, True)
    await discard(administrator)


async def test_a_draft_need_not_be_fit_and_its_check_says_all_that_is_wrong(sign_in: SignIn) -> None:
    administrator = await sign_in("gu.ming")
    await discard(administrator)
    document = lines(5_000_000)
    document["table"]["rows"][1]["when"]["amount"]["gt"] = 6_000_000
    kept = await keep(administrator, document)
    found = (await administrator.post("/api/policies/approval/check", json={"document": document})).json()
    assert (kept.status_code, found["problems"][0]["code"]) == (200, "table_gap")
    refused = await administrator.post(
        f"{DRAFT}/publication",
        json={"revision": kept.json()["revision"], "note": "x"},
        headers={"Idempotency-Key": new_id()},
    )
    assert (refused.status_code, refused.json()["code"]) == (422, "policy_invalid")
    assert (await administrator.get(DRAFT)).status_code == 200, "what was refused is still there"
    await discard(administrator)


async def test_what_could_not_be_shown_again_is_not_kept(sign_in: SignIn) -> None:
    administrator = await sign_in("gu.ming")
    await discard(administrator)
    deep: list[Any] = []
    for _ in range(300):
        deep = [deep]
    refused = await keep(administrator, {"engine": 1, "table": deep})
    assert (refused.status_code, refused.json()["code"]) == (422, "document_unreadable")
    assert (await administrator.get(DRAFT)).status_code == 404


async def test_approvers_whom_nobody_would_be_found_for_are_said_before_publication(sign_in: SignIn) -> None:
    administrator = await sign_in("gu.ming")
    document = lines(5_000_000)
    document["table"]["rows"][0]["then"]["steps"][0]["who"] = [
        {"by": "role", "role": "support_lead"}, {"by": "person", "person": new_id()}, {"by": "head", "unit": "moon"},
    ]  # fmt: skip
    document["table"]["rows"].append({**document["table"]["rows"][2], "id": "never"})
    found = (await administrator.post("/api/policies/approval/check", json={"document": document})).json()
    assert found["problems"] == []
    assert [warning["code"] for warning in found["warnings"]] == ["row_unreachable", "person_unknown", "unit_unknown"]


async def test_one_request_is_tried_and_says_which_row_fired_and_why_not_the_others(sign_in: SignIn) -> None:
    administrator = await sign_in("gu.ming")
    facts = {"amount": 6_000_000, "currency": "CNY", "kind": "contract"}
    body = {"document": lines(5_000_000), "facts": facts}
    tried = (await administrator.post("/api/policies/approval/try", json=body)).json()
    assert (tried["decision"]["fired"], tried["decision"]["misfits"]) == (["above_50000"], {"up_to_50000": "amount"})
    assert [(step["row"], step["step"]["key"]) for step in tried["steps"]] == [
        ("above_50000", "manager"), ("above_50000", "cfo"),
    ]  # fmt: skip
    missing = await administrator.post("/api/policies/approval/try", json=body | {"facts": {}})
    assert (missing.status_code, missing.json()["code"]) == (422, "fact_missing")
    other = await administrator.post("/api/policies/lead/try", json={"document": {}, "facts": {}})
    assert (other.status_code, other.json()["code"]) == (422, "policy_not_tried")


async def test_drafts_are_for_administrators(sign_in: SignIn) -> None:
    manager = await sign_in("zhao.min")
    assert (await manager.get(DRAFT)).status_code == 403
    assert (await keep(manager, lines(1))).status_code == 403
    unknown = await (await sign_in("gu.ming")).put("/api/policies/moon/draft", json={"document": {}, "revision": 0})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "policy_kind_unknown")
