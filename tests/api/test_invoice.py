"""A prepared invoice by the API: read by whom it concerns, noted as issued once by finance."""

from __future__ import annotations

from typing import Any

import pytest
from httpx import AsyncClient, Response

from db.quote import Invoice
from tests.conftest import SignIn
from tests.selling import Selling

pytestmark = pytest.mark.usefixtures("worker")

NUMBER = "25312000000123456789"


async def issue(browser: AsyncClient, invoice_id: str, key: str, **body: Any) -> Response:
    headers = {"Idempotency-Key": key.ljust(8, "-")}
    return await browser.post(f"/api/invoices/{invoice_id}/issue", json=body, headers=headers)


async def test_finance_notes_a_prepared_invoice_as_issued_once(sign_in: SignIn, selling: Selling) -> None:
    deal_id = await selling.deal("冷链可视化", stage="proposal")
    draft = await selling.invoice(deal_id)
    finance, owner, stranger = await sign_in("he.jie"), await sign_in("li.wei"), await sign_in("wang.fang")
    early = await issue(finance, draft.id, "early", fiscal_number=NUMBER)
    assert (early.status_code, early.json()["code"]) == (409, "not_decidable")
    await selling.prepared(draft)
    read = (await owner.get(f"/api/invoices/{draft.id}")).json()
    assert (read["status"], read["fiscal_number"], len(read["document"])) == ("prepared", None, 64)
    assert (await stranger.get(f"/api/invoices/{draft.id}")).status_code == 404
    assert (await issue(owner, draft.id, "owner", fiscal_number=NUMBER)).status_code == 403
    for wrong in ({}, {"fiscal_number": "  "}, {"fiscal_number": "9" * 41}, {"fiscal_number": 7}):
        refused = await issue(finance, draft.id, "wrong", **wrong)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "fiscal_number")
    first, again = [await issue(finance, draft.id, "issue", fiscal_number=f" {NUMBER} ") for _ in range(2)]
    assert (first.status_code, first.json()) == (200, again.json())
    issued = await selling.row(Invoice, draft.id, status="issued")
    assert issued.fiscal_number == NUMBER
    late = await issue(finance, draft.id, "late", fiscal_number="2")
    assert (late.status_code, late.json()["code"]) == (409, "process_ended")
    listed = (await owner.get("/api/invoices", params={"deal_id": deal_id})).json()
    assert [one["id"] for one in listed] == [draft.id]
