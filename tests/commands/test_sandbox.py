"""A file from outside is opened by a child that may fail, hang or swell without anybody else noticing."""

from __future__ import annotations

import os
from typing import Any

import pytest

from commands.sandbox import MIB, Limits, run_limited
from domain.refusal import Refused, invalid

HERE = "tests.commands.test_sandbox"


def doubled(number: int) -> int:
    return number * 2


def secrets() -> list[str]:
    return sorted(name for name in os.environ if name.startswith("THROUGHLINE"))


def refuse() -> None:
    raise invalid("region_unknown", "region", region="moon")


def break_down() -> None:
    raise ValueError("the parser's own words are nobody's business")


def swell() -> int:
    return len(bytearray(2_000 * MIB))


def spin() -> None:
    while True:
        pass


def hang() -> None:
    import time

    time.sleep(60)


def chatter() -> str:
    return "x" * 3 * MIB


def write_much(path: str) -> None:
    with open(path, "wb") as file:
        for _ in range(3):
            file.write(bytes(MIB))


async def test_a_function_answers_from_a_process_that_knows_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THROUGHLINE_SECRET_KEY", "tell nobody")
    assert await run_limited(f"{HERE}:doubled", 21) == 42
    assert await run_limited(f"{HERE}:secrets") == []


@pytest.mark.parametrize(
    ("function", "limits", "code", "status"),
    [
        ("refuse", Limits(), "region_unknown", 422),
        ("break_down", Limits(), "file_unreadable", 422),
        ("swell", Limits(), "sandbox_memory", 413),
        ("chatter", Limits(answer=MIB), "sandbox_memory", 413),
        ("spin", Limits(cpu=1), "sandbox_time", 422),
        ("hang", Limits(wall=1), "sandbox_time", 422),
    ],
)
async def test_what_goes_wrong_inside_is_one_clear_refusal(
    function: str, limits: Limits, code: str, status: int
) -> None:
    with pytest.raises(Refused) as refused:
        await run_limited(f"{HERE}:{function}", limits=limits)
    assert (refused.value.code, refused.value.status) == (code, status)


async def test_a_child_cannot_fill_the_disk(tmp_path: Any) -> None:
    with pytest.raises(Refused, match="sandbox_memory"):
        await run_limited(f"{HERE}:write_much", str(tmp_path / "much"), limits=Limits(file=2 * MIB))
