"""Getting in and out in a browser."""

from __future__ import annotations

import re

import pyotp
import pytest
from playwright.async_api import expect

from domain.access import Actor, Role
from launch.cast import DOMAIN, PASSWORD
from tests.ui.browser import PHONE, Visit, Visited, check_everywhere
from tests.ui.conftest import Site


async def type_password(visited: Visited, key: str, password: str = PASSWORD) -> None:
    await visited.page.get_by_label("E-mail").fill(f"{key}@{DOMAIN}")
    await visited.page.get_by_label("Password").fill(password)
    await visited.page.get_by_role("button", name="Sign in").click()


async def test_the_sign_in_page_reads_well_everywhere(visit: Visit) -> None:
    await check_everywhere(visit, "/sign-in")


async def test_a_person_signs_in_where_they_wanted_to_go_and_out_again(visit: Visit) -> None:
    visited = await visit("/people?role=cfo")
    page = visited.page
    await expect(page).to_have_url(re.compile(r"/sign-in\?next=%2Fpeople%3Frole%3Dcfo"))
    await type_password(visited, "li.wei")
    await expect(page).to_have_url(re.compile(r"/people\?role=cfo$"))
    await expect(page.get_by_role("link", name="Xu Jing")).to_be_visible()

    await page.locator("[popovertarget=account]").first.click()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page).to_have_url(re.compile("/sign-in$"))
    await page.goto("/people")
    await expect(page).to_have_url(re.compile("/sign-in"))


async def test_a_wrong_password_keeps_the_address_and_says_what_to_do(visit: Visit) -> None:
    visited = await visit("/sign-in", look=PHONE)
    await type_password(visited, "wang.fang", "not it at all")
    await expect(visited.page.get_by_role("alert")).to_have_text("E-mail and password do not fit together.")
    await expect(visited.page.get_by_label("E-mail")).to_have_value(f"wang.fang@{DOMAIN}")


async def test_the_address_to_go_on_to_is_always_ours(visit: Visit) -> None:
    visited = await visit("/sign-in?next=https://evil.example/")
    await type_password(visited, "chen.tao")
    await expect(visited.page).not_to_have_url(re.compile("evil"))


async def test_a_second_factor_is_set_up_and_asked_for(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    visited = await visit("/me", as_person="he.jie")
    page = visited.page
    await page.get_by_role("link", name="Set up a second factor").click()
    await expect(page.get_by_role("img", name="QR code")).to_be_visible()
    phone = pyotp.TOTP(await page.locator("code").inner_text())
    await page.get_by_label("Code").fill("000000")
    await page.get_by_role("button", name="Switch it on").click()
    await expect(page.locator("#e-code")).to_contain_text("This code is wrong")
    assert await page.locator("code").inner_text() == phone.secret  # the phone has it already
    await page.get_by_label("Code").fill(phone.now())
    await page.get_by_role("button", name="Switch it on").click()
    await expect(page.get_by_text("Second factor is on", exact=True)).to_be_visible()

    elsewhere = await visit("/sign-in")
    await type_password(elsewhere, "he.jie")
    monkeypatch.setattr("commands.second_factor._step", lambda secret, code: 99_999_999 if code == "123456" else None)
    await elsewhere.page.get_by_label("Code").fill("123456")
    await elsewhere.page.get_by_role("button", name="Go on").click()
    await expect(elsewhere.page).not_to_have_url(re.compile("sign-in"))


async def test_a_start_password_has_to_be_replaced_first(visit: Visit, site: Site, people: dict[str, str]) -> None:
    administrator = Actor(id=people["gu.ming"], roles=frozenset({Role.ADMINISTRATOR}))
    start = await site.services.people.reset_sign_in(administrator, people["ma.chao"])
    visited = await visit("/sign-in?next=/people")
    await type_password(visited, "ma.chao", start)
    page = visited.page
    await expect(page).to_have_url(re.compile("/me/password"))
    await page.get_by_label("Password until now").fill(start)
    await page.get_by_label("New password", exact=True).fill("a blue kite over the lake")
    await page.get_by_label("New password once more").fill("a blue kite over the sea")
    await page.get_by_role("button", name="Change the password").click()
    await expect(page.locator("#e-again")).to_have_text("This is not what you typed above.")
    await page.get_by_label("Password until now").fill(start)
    await page.get_by_label("New password", exact=True).fill("a blue kite over the lake")
    await page.get_by_label("New password once more").fill("a blue kite over the lake")
    await page.get_by_role("button", name="Change the password").click()
    await expect(page.get_by_text("Your password is changed.")).to_be_visible()
