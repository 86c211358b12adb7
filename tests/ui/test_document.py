"""A document read page by page in the browser, and what stands there where it cannot be opened."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.async_api import expect

from tests.activities import odd_files as odd
from tests.api.test_page_image import hung_on_a_deal
from tests.conftest import SignIn
from tests.selling import Selling
from tests.ui.browser import PHONE, Visit, check_everywhere

pytestmark = pytest.mark.usefixtures("worker")


async def test_pages_read_well_everywhere_and_their_words_can_be_copied(
    visit: Visit, sign_in: SignIn, selling: Selling
) -> None:
    content = odd.pdf(odd.words(f"Contract {uuid4().hex}") + odd.words(y=500), *[odd.words()] * 2)
    digest = await hung_on_a_deal(await sign_in("li.wei"), selling, content)
    page = (await visit(f"/documents/{digest}/pages", as_person="li.wei")).page
    word = page.locator("#page-1 .doc-words span", has_text="invoice")
    picture = page.locator("#page-1 img")
    await expect(word).to_be_attached()
    await picture.evaluate("image => image.decode()")
    at, around = await word.bounding_box(), await picture.bounding_box()
    assert at is not None
    assert around is not None
    assert (at["x"] - around["x"]) / around["width"] == pytest.approx(0.33, abs=0.03)
    assert at["width"] / around["width"] == pytest.approx(0.057, abs=0.02)
    await page.evaluate("getSelection().selectAllChildren(document.querySelector('#page-1 .doc-words'))")
    assert "Customer shall pay each invoice within" in await page.evaluate("getSelection().toString()")
    await check_everywhere(visit, f"/documents/{digest}/pages", "document-pages", as_person="li.wei")


async def test_a_locked_document_says_so_in_words(visit: Visit, sign_in: SignIn, selling: Selling) -> None:
    digest = await hung_on_a_deal(await sign_in("li.wei"), selling, odd.written("user password"), "locked.pdf")
    page = (await visit(f"/documents/{digest}/pages", as_person="li.wei", look=PHONE)).page
    await expect(page.locator("#content")).to_contain_text("locked by a password")
    await expect(page.get_by_role("link", name="Original file").first).to_be_visible()
