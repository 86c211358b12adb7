"""An office person adds a field of customers, says who sees it and where it stands, and publishes it: without JSON."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.async_api import expect

from tests.conftest import SignIn
from tests.fields import own, publish_fields
from tests.selling import Selling
from tests.ui.browser import Visit, check_everywhere

pytestmark = pytest.mark.usefixtures("worker")
EDIT = "/policies/customer_field/edit"


async def test_a_choice_is_added_hidden_from_a_role_laid_out_and_published(
    visit: Visit, sign_in: SignIn, selling: Selling
) -> None:
    customer_id = await selling.customer("新增字段")
    page = (await visit(EDIT, as_person="gu.ming")).page
    await page.get_by_role("link", name="Add a field").click()
    await page.get_by_label("What it holds").select_option("choice")
    await expect(page.get_by_label("To choose from")).to_be_visible()
    await page.get_by_label("Name in Chinese").fill("合作级别")
    await page.get_by_label("Name in English").fill("Partner level")
    await page.get_by_label("To choose from").fill("gold | 金牌 | Gold\nsilver | 银牌\n- 旧")
    await page.get_by_label("Support agent").select_option("nothing")
    await page.get_by_role("button", name="Keep in the draft").click()
    await expect(page.get_by_text("Partner level").first).to_be_visible()
    await page.get_by_role("link", name="Lay out Company").click()
    await page.get_by_label("Heading 1 in Chinese").fill("合作")
    await page.get_by_label("Heading 1 in English").fill("Partnership")
    await page.get_by_label("Heading of Partner level").select_option("1")
    await page.get_by_label("Heading of City").select_option("1")
    await page.get_by_label("Place of City").fill("1")
    await page.get_by_label("Place of Partner level").fill("2")
    await page.get_by_role("button", name="Keep in the draft").click()
    await page.get_by_label("What changes, and why").fill("合作级别上线")
    await page.get_by_role("button", name="Publish version").click()
    await expect(page.get_by_text("合作级别上线")).to_be_visible()
    administrator = await sign_in("gu.ming")
    document = (await administrator.get("/api/policies/customer_field")).json()["document"]
    made = document["fields"][-1]
    assert (made["key"], made["hidden_from"], len(made["options"])) == ("partner_level", ["support_agent"], 3)
    assert document["layouts"]["company"][0]["fields"] == ["city", "partner_level"]
    seller, agent = await sign_in("li.wei"), await sign_in("gao.fei")
    changed = await seller.patch(
        f"/api/customers/{customer_id}", json={"values": {"partner_level": "金牌", "city": "上海"}},
        headers={"Idempotency-Key": uuid4().hex},
    )  # fmt: skip
    assert changed.status_code == 204, changed.text
    mine = (
        await seller.get(f"/customers/{customer_id}", headers={"accept": "text/html", "accept-language": "en"})
    ).text
    theirs = (await agent.get(f"/customers/{customer_id}", headers={"accept": "text/html"})).text
    laid_out = mine.partition("Partnership")[2]
    assert 0 < laid_out.index("上海") < laid_out.index("Gold")
    assert "Gold" not in theirs
    assert "金牌" not in theirs


@pytest.mark.parametrize(("given", "field", "said"), [
    ({"type": "choice", "options": ""}, "options", "List what there is to choose."),
    ({"type": "formula", "formula": "1 +"}, "formula", "The formula cannot be read"),
    ({"type": "serial", "pattern": "KH"}, "pattern", "The pattern needs one count"),
    ({"type": "money", "currency": "元"}, "currency", "There is no currency"),
    ({"type": "integer", "least": "x"}, "least", "Enter a number"),
])  # fmt: skip
async def test_what_is_wrong_stands_beside_its_field(
    sign_in: SignIn, given: dict[str, str], field: str, said: str
) -> None:
    browser = await sign_in("gu.ming")
    revision = (
        (await browser.get(f"{EDIT}/field", headers={"accept-language": "en"}))
        .text.partition('name="revision" value="')[2]
        .partition('"')[0]
    )
    form = {"zh": "字段", "en": "Field", "revision": revision, "do": "save", "_csrf": browser.headers["X-CSRF-Token"]}
    answer = await browser.post(f"{EDIT}/field", data=form | given, headers={"accept-language": "en"})
    assert answer.status_code == 422
    error = answer.text.partition(f'id="e-{field}"')[2][:400]
    assert said in error


async def test_the_type_of_a_field_with_values_stays(sign_in: SignIn, selling: Selling) -> None:
    await publish_fields(selling.services.policies, await selling.actor("gu.ming"), own("since", "date"))
    browser = await sign_in("gu.ming")
    page = (await browser.get(f"{EDIT}/field?key=since", headers={"accept": "text/html"})).text
    revision = page.partition('name="revision" value="')[2].partition('"')[0]
    form = {"zh": "起", "type": "text", "revision": revision, "_csrf": browser.headers["X-CSRF-Token"], "do": "save"}
    answer = await browser.post(f"{EDIT}/field?key=since", data=form)
    document = {"engine": 1, "kinds": [{"key": "company", "name": {"zh": "企业", "en": "Company"}}]}
    version = (await browser.get("/api/policies/customer_field")).json()["version"]
    asked = {"document": document | {"fields": [own("since", "text")]}, "follows": version, "note": ""}
    published = await browser.post("/api/policies/customer_field", json=asked, headers={"Idempotency-Key": uuid4().hex})
    assert answer.status_code in (409, 422)
    assert published.json()["params"]["problems"][0]["code"] == "field_type_changed"


async def test_only_who_manages_policies_edits_fields(sign_in: SignIn) -> None:
    for path in ("field", "kind"):
        answers = [(await (await sign_in(name)).get(f"{EDIT}/{path}")).status_code for name in ("li.wei", "zhao.min")]
        assert answers == [403, 403]


@pytest.mark.parametrize("path", ["/policies/customer_field", EDIT, f"{EDIT}/field", f"{EDIT}/kind?kind=company"])
async def test_the_pages_read_well_everywhere(visit: Visit, path: str) -> None:
    called = path.strip("/").replace("/", "-").partition("?")[0]
    await check_everywhere(visit, path, called, as_person="gu.ming")
