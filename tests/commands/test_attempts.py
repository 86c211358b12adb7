"""Failures of an address, or of an e-mail nobody has."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commands.attempts import REMEMBERED, Attempts
from domain.refusal import Refused


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_an_office_behind_one_address_waits_a_minute_at_most(clock: Clock) -> None:
    addresses = Attempts(free=3, longest=timedelta(minutes=1), clock=clock)
    for _ in range(10):
        addresses.failed("192.0.2.1")
    with pytest.raises(Refused) as refused:
        addresses.require("192.0.2.1")
    assert (refused.value.status, refused.value.params) == (429, {"seconds": 60, "minutes": 1})
    addresses.require("192.0.2.2")
    clock.now += 60
    addresses.require("192.0.2.1")


def test_an_hour_without_a_failure_forgets_the_earlier_ones(clock: Clock) -> None:
    strangers = Attempts(free=3, clock=clock)
    for _ in range(2):
        strangers.failed("nobody@throughline.example")
    clock.now += 3600
    strangers.failed("nobody@throughline.example")
    strangers.require("nobody@throughline.example")


def test_made_up_names_push_out_the_oldest_and_fill_no_memory(clock: Clock) -> None:
    strangers = Attempts(free=1, clock=clock)
    for number in range(REMEMBERED + 1):
        strangers.failed(f"{number}@throughline.example")
    strangers.require("0@throughline.example")
    with pytest.raises(Refused):
        strangers.require("1@throughline.example")
