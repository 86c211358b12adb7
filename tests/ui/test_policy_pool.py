"""The limits of the pool are set in the browser, and it says before how many customers would go back when."""

from __future__ import annotations

from uuid import uuid4

from commands.policy import publish_defaults
from db.engine import Database
from db.policy_draft import find_draft
from tests.conftest import SignIn


async def test_limits_are_kept_in_the_draft_and_what_they_would_do_is_shown(sign_in: SignIn, db: Database) -> None:
    await publish_defaults(db)
    administrator = await sign_in("gu.ming")
    assert (await administrator.get("/policies/pool")).status_code == 200
    assert (await administrator.get("/policies/pool/edit/limits")).status_code == 200
    form = {f"{tier}.no_follow_up": "40" for tier in "ABCDE"} | {f"{tier}.no_follow_up_unit": "s" for tier in "ABCDE"}
    form |= {"revision": "0", "cooling_off": "3", "cooling_off_unit": "d", "sales.total": "7", "hidden": "phone"}
    sent = {**form, "idempotency_key": uuid4().hex}
    wrong = await administrator.post("/policies/pool/edit/limits", data=sent | {"sales.total": "many"})
    assert wrong.status_code == 422
    assert (await administrator.post("/policies/pool/edit/limits", data=sent)).status_code == 303
    async with db.session() as session:
        draft = await find_draft(session, "pool")
    assert draft is not None
    assert draft.document["tiers"]["A"]["no_follow_up"] == "PT40S"
    assert draft.document["capacity"]["sales"] == {"daily": None, "total": 7}
    assert draft.document["pools"][0]["hidden"] == ["phone"]
    for page in ("/policies/pool/edit", "/policies/pool/edit/effect"):
        assert (await administrator.get(page)).status_code == 200
    assert (await (await sign_in("zhao.min")).get("/policies/pool/edit/effect")).status_code == 403
