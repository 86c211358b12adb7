"""The limits of the pool are set in the browser, and it says before how many customers would go back when."""

from __future__ import annotations

from typing import Any
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
    form |= {"revision": "0", "cooling_off": "3", "cooling_off_unit": "d", "sales.total": "7"}
    sent = {**form, "idempotency_key": uuid4().hex}
    for total in ("many", "9" * 5_000):
        wrong = await administrator.post("/policies/pool/edit/limits", data=sent | {"sales.total": total})
        assert wrong.status_code == 422
    assert (await administrator.post("/policies/pool/edit/limits", data=sent)).status_code == 303
    async with db.session() as session:
        draft = await find_draft(session, "pool")
    assert draft is not None
    assert draft.document["tiers"]["A"]["no_follow_up"] == "PT40S"
    assert draft.document["capacity"]["sales"] == {"daily": None, "total": 7}
    for page in ("/policies/pool/edit", "/policies/pool/edit/effect"):
        shown = await administrator.get(page)
        assert (shown.status_code, "data-label" in shown.text) == (200, True)
    assert (await (await sign_in("zhao.min")).get("/policies/pool/edit/effect")).status_code == 403


async def test_a_pool_is_added_changed_and_removed(sign_in: SignIn, db: Database) -> None:
    await publish_defaults(db)
    administrator = await sign_in("gu.ming")
    address = "/policies/pool/edit/pool"

    async def pools() -> list[dict[str, Any]]:
        async with db.session() as session:
            draft = await find_draft(session, "pool")
        return draft.document["pools"] if draft else []

    async def keep(key: str, **form: Any) -> int:
        async with db.session() as session:
            draft = await find_draft(session, "pool")
        sent = {"revision": str(draft.revision if draft else 0), "idempotency_key": uuid4().hex, **form}
        return (await administrator.post(f"{address}?key={key}", data=sent)).status_code

    cold = {
        "zh": "冷链公海",
        "en": "Cold chain",
        "regions": ["south"],
        "product": "冷链",
        "claim": ["sales"],
        "see": ["sales"],
    }
    assert (await administrator.get(address)).status_code == 200
    assert await keep("", **cold | {"zh": "", "en": ""}) == 422
    assert await keep("", **cold | {"product": "长" * 61}) == 422
    assert await keep("", **cold) == 303
    assert [one["key"] for one in await pools()] == ["region", "cold_chain"]
    assert (await pools())[1]["hidden"] == []
    assert await keep("cold_chain", **cold | {"hidden": ["phone"], "back_to": "region"}) == 303
    assert ((await pools())[1]["hidden"], (await pools())[1]["back_to"]) == (["phone"], "region")
    for page in (f"{address}?key=cold_chain", "/policies/pool/edit"):
        assert "冷链" in (await administrator.get(page)).text
    assert await keep("region", do="remove") == 303
    assert [(one["key"], one["back_to"]) for one in await pools()] == [("cold_chain", None)]
    assert await keep("cold_chain", do="remove") == 422
    assert (await (await sign_in("zhao.min")).get(address)).status_code == 403
