"""The contract policy's form: legal, new versions, signing; kept in the draft, with what is wrong beside its field."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from db.policy_draft import find_draft
from domain.contract import ContractPolicy
from domain.policy import load
from tests.conftest import SignIn
from tests.selling import Selling
from tests.ui.browser import Visit, check_everywhere

pytestmark = pytest.mark.usefixtures("worker")
HTML = {"accept": "text/html", "accept-language": "en"}
FORM = "/policies/contract/edit/rules"


def typed(**changed: Any) -> dict[str, Any]:
    return {
        "revision": "0", "from_level": "high", "order": "beside", "allowed": "12", "allowed_unit": "h", "remind": "",
        "remind_unit": "h", "calendar": "office", "reopens": ["amount", "words"], "ours": "none", "customer": "1",
        "reminder_0": "2", "reminder_0_unit": "d", "reminder_1": "30", "reminder_1_unit": "s", "expires": "9",
        "expires_unit": "d", "notice_0": "20", "notice_0_unit": "d", "notice_1": "30", "notice_1_unit": "s",
        "warranty_0": "", "without_notice": "30", "without_notice_unit": "d", "soon": "60", "soon_unit": "d",
        "confirm": "3", "confirm_unit": "d", "idempotency_key": uuid4().hex, **changed,
    }  # fmt: skip


async def test_its_form_keeps_what_was_chosen_in_the_draft(visit: Visit, sign_in: SignIn, selling: Selling) -> None:
    await check_everywhere(visit, FORM, "policy-contract-form", as_person="gu.ming")
    browser = await sign_in("gu.ming")
    assert "asked again where a new version changes" in (await browser.get("/policies/contract", headers=HTML)).text
    for changed, field in (
        ({"allowed": "soon"}, "allowed"), ({"reminder_0": "9"}, "reminder_0"), ({"expires": "-1"}, "expires"),
        ({"soon": ""}, "soon"), ({"notice_1": "now"}, "notice_1"),
    ):  # fmt: skip
        answer = await browser.post(FORM, data=typed(**changed), headers=HTML)
        assert answer.status_code == 422
        assert f'id="e-{field}"' in answer.text
    assert (await browser.post(FORM, data=typed(), headers=HTML)).status_code == 303
    async with selling.services.db.session() as session:
        draft = await find_draft(session, "contract")
        assert draft is not None
        await session.delete(draft)
        document = draft.document
    assert document["versions"] == {"reopens": ["amount", "words"]}
    assert document["legal"] | {"allowed": ""} == {
        "from_level": "high", "order": "beside", "allowed": "", "remind": None, "calendar": "office"
    }  # fmt: skip
    term = load(ContractPolicy, document).term
    assert (term.notice, term.warranty) == ((timedelta(days=20), timedelta(seconds=30)), ())
    assert term.soon == timedelta(days=60)
    signing = document["signing"]
    assert (signing["ours"], signing["customer"], len(signing["reminders"])) == ("none", True, 2)
    assert (await (await sign_in("li.wei")).get(FORM, headers=HTML)).status_code == 403
