"""Who turns to us is somebody we know, somebody we may know, or new."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.lead_interest import industry, intent, language, size
from domain.lead_match import Known, Somebody, kept_apart, recognise

ZHOU = Somebody(company="蓝港食品", name="周明", phone="+8613800138000", email="zhou@langang.example")
OPEN = Known(company="蓝港食品有限公司", name="周明", phone="+8613800138000", id="open")
CLOSED = replace(OPEN, id="closed", ended=True)
CONVERTED = replace(OPEN, id="won", converted=True, customer_id="customer")
CUSTOMER = Known(company="蓝港食品", name="周明", phone="+8613800138000", kind="customer", id="customer")


def test_the_same_person_is_one_more_touch_of_the_open_lead() -> None:
    found = recognise(ZHOU, [CUSTOMER, CLOSED, OPEN])
    assert (found.lead_id, found.came_back, found.why) == ("open", False, ("phone", "name", "company"))


def test_whoever_comes_back_after_the_end_is_recognised() -> None:
    found = recognise(ZHOU, [CLOSED, CUSTOMER])
    assert (found.lead_id, found.came_back) == ("closed", True)


@pytest.mark.parametrize("known", [CUSTOMER, CONVERTED])
def test_a_customers_person_makes_a_new_lead_of_that_customer(known: Known) -> None:
    found = recognise(ZHOU, [known])
    assert (found.lead_id, found.customer_id) == (None, "customer")


def test_a_switchboard_has_many_people_behind_it() -> None:
    other = replace(OPEN, name="孙强", company="荣达钢铁")
    found = recognise(ZHOU, [other])
    assert (found.lead_id, [like.why for like in found.likely]) == (None, [("phone",)])
    colleague = replace(OPEN, name="孙强")
    assert recognise(ZHOU, [colleague]).lead_id == "open"


def test_a_name_alone_is_only_likely_and_closed_leads_of_others_are_no_news() -> None:
    near = replace(OPEN, company="蓝岗食品", phone=None, name="林芳")
    found = recognise(ZHOU, [near, replace(near, id="closed", ended=True), replace(CUSTOMER, phone=None)])
    assert [(like.kind, like.id, like.why) for like in found.likely] == [
        ("customer", "customer", ("name", "company")), ("lead", "open", ("near_company",)),
    ]  # fmt: skip


def test_kept_apart_attaches_nothing_and_asks_nobody() -> None:
    found = kept_apart(ZHOU, [OPEN, CUSTOMER])
    assert (found.lead_id, found.customer_id, found.likely) == (None, None, ())
    assert found.why == ("phone", "name", "company")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("200-499人", "medium"),
        ("1,000+", "large"),
        ("<50", "small"),
        ("中型企业", "中型企业"),
        ("大型", "large"),
        (" ", None),
    ],
)
def test_sizes_are_read_from_how_people_put_them(said: str, meant: str | None) -> None:
    assert size(said) == meant


def test_interests_are_recognised_in_both_languages_or_kept_in_their_words() -> None:
    assert (industry("冷链物流"), industry("IT"), industry("宠物")) == ("logistics", "technology", "宠物")
    assert (intent("近期采购"), intent("just learning"), intent("")) == ("buy", "learn", None)
    assert (language("中文"), language("en-GB"), language("fr")) == ("zh_CN", "en", None)
