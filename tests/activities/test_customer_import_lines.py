"""Rows of a file taken in stretches, or only counted: the same rows as the csv module finds, wherever one begins."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.customer_import_file import rows_again
from activities.customer_import_lines import Lines
from domain.refusal import Refused

CELL = st.text(st.sampled_from('蓝a,"\n\r |'), max_size=5)


def plainly(text: str) -> list[list[str]]:
    rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    while rows and not any(map(str.strip, rows[0])):
        rows.pop(0)
    return rows[1:]


def in_turns(content: bytes, most: int, encoding: str, mine: int) -> tuple[list[list[str]], int]:
    """Every other stretch is only counted; the rows that were taken, and how many there are in all."""
    lines, no, total = Lines(io.BytesIO(content), encoding, ","), 0, 0
    taken: list[list[str]] = []
    while True:
        rows = lines.take(most) if no % 2 == mine else []
        count = len(rows) if no % 2 == mine else lines.pass_over(most)
        taken += rows
        total, no = total + count, no + 1
        if count < most:
            return taken, total


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@settings(max_examples=120, deadline=None)
@given(
    st.lists(st.lists(CELL, min_size=1, max_size=3), min_size=1, max_size=9), st.sampled_from(["\n", "\r\n"]),
    st.integers(1, 4), st.booleans(),
)  # fmt: skip
def test_rows_are_those_of_the_csv_module_wherever_a_stretch_ends(
    encoding: str, cells: list[list[str]], ends: str, most: int, bare: bool
) -> None:
    text = io.StringIO(newline="")
    if bare:  # as a program writes that has never heard of quotation marks
        text.write(ends.join(",".join(row) for row in cells))
    else:
        csv.writer(text, lineterminator=ends).writerows(cells)
    expected = plainly(text.getvalue())
    content = text.getvalue().encode(encoding)
    even, count = in_turns(content, most, encoding, 0)
    odd, again = in_turns(content, most, encoding, 1)
    assert (count, again) == (len(expected), len(expected))
    stretches = [expected[at : at + most] for at in range(0, len(expected), most)]
    assert even == [row for stretch in stretches[::2] for row in stretch]
    assert odd == [row for stretch in stretches[1::2] for row in stretch]


def test_a_mark_before_the_text_and_a_cell_without_end() -> None:
    assert in_turns("客户\n\n \n蓝港\n".encode("utf-8-sig"), 5, "utf-8-sig", 0) == ([[" "], ["蓝港"]], 2)
    endless = "客户\n蓝港\n".encode() + b'"' + b"x" * 1_100_000
    with pytest.raises(Refused, match="import_cell_huge") as refused:
        in_turns(endless, 5, "utf-8", 0)
    assert refused.value.params["row"] == 2


async def test_rows_are_given_again_by_their_numbers_no_more_than_fit_at_once(tmp_path: Path) -> None:
    path, large = tmp_path / "rows", "长" * 900_000
    path.write_text(
        "\n".join(["客户,备注", *(f"{no}号公司,{large if 3 <= no <= 8 else ''}" for no in range(1, 40_001))])
    )
    async with rows_again(str(path), "utf-8", ",") as cells:
        assert await cells([1, 2]) == [["1号公司", ""], ["2号公司", ""]]
        assert [row[0] for row in await cells([3, 5, 6, 7, 8])] == ["3号公司", "5号公司", "6号公司"]
        assert await cells([7, 30_000, 40_001]) == [["7号公司", large], ["30000号公司", ""], []]
