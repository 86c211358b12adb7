"""The service queue's policy is edited in the browser: a row's queue, beside its cells."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.conftest import SignIn

pytestmark = pytest.mark.usefixtures("worker")
HTML = {"accept": "text/html", "accept-language": "en"}


async def test_a_rows_queue_is_chosen_and_kept_in_the_draft(sign_in: SignIn) -> None:
    browser = await sign_in("gu.ming")
    editor = await browser.get("/policies/service_tier/edit", headers=HTML)
    assert editor.status_code == 200
    assert 'id="steps-regular"' in editor.text
    form = await browser.get("/policies/service_tier/edit/row?row=regular", headers=HTML)
    assert form.status_code == 200
    kept = await browser.post(
        "/policies/service_tier/edit/row?row=regular", headers=HTML,
        data={"revision": "0", "tier": "standard", "note": "", "idempotency_key": uuid4().hex},
    )  # fmt: skip
    assert kept.status_code == 303
    assert (await (await sign_in("lin.yue")).get("/policies/service_tier/edit", headers=HTML)).status_code == 403
