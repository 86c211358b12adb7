"""A table is read however it was saved, and its columns are known by what people call them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from commands.sandbox import run_limited
from commands.sheet_child import read_sheet
from domain.lead_columns import guess, picked, region_of
from domain.refusal import Refused

ROWS = '公司名称,联系人,手机,备注\n蓝港食品,周明,13800138000,"要,报价"\n\n翠峰能源,贺军,\'13800138008,=1+1\n'


def read(folder: Path, content: bytes) -> tuple[dict[str, Any], list[list[str]]]:
    (folder / "in").write_bytes(content)
    said = read_sheet(str(folder / "in"), str(folder / "out"))
    return said, [json.loads(line) for line in (folder / "out").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(
    ("content", "how"),
    [
        (ROWS.encode(), "utf-8-sig ,"),
        (ROWS.encode("utf-8-sig"), "utf-8-sig ,"),
        (ROWS.encode("gbk"), "gb18030 ,"),
        (ROWS.encode("utf-16"), "utf-16 ,"),
        (ROWS.replace(",", ";").replace("要;报", "要,报").encode("gb18030"), "gb18030 ;"),
        (ROWS.replace(",", "\t").replace("要\t报", "要,报").replace("\n", "\r\n").encode(), "utf-8-sig \t"),
    ],
)
def test_encodings_marks_and_line_ends_are_told_apart(tmp_path: Path, content: bytes, how: str) -> None:
    said, rows = read(tmp_path, content)
    assert said == {"rows": 2, "how": how}
    assert rows == [
        ["公司名称", "联系人", "手机", "备注"],
        ["蓝港食品", "周明", "13800138000", "要,报价"],
        ["翠峰能源", "贺军", "13800138008", "=1+1"],
    ]


@pytest.mark.parametrize("content", [b"only,a,heading\n", b"\n\n", b"PK\x03\x04 not a workbook", b"\xff\xff\xfe\x81"])
async def test_what_is_no_table_is_refused_from_the_child(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "in").write_bytes(content)
    with pytest.raises(Refused) as refused:
        await run_limited("commands.sheet_child:read_sheet", str(tmp_path / "in"), str(tmp_path / "out"))
    assert refused.value.code in ("sheet_empty", "file_unreadable")


def test_columns_are_known_by_their_heading_in_either_language() -> None:
    assert guess(["公司 名称", "Contact Name", "ＭＯＢＩＬＥ", "手机", "老板"]) == ["company", "name", "phone", "", ""]
    own, custom = picked(
        ["name", "name", "custom", ""], ["First", "Last", "Car park?", "x"], ["Amy", "Lau", "yes", "?"]
    )
    assert (own, custom) == ({"name": "Amy Lau"}, {"car_park": "yes"})
    regions = {"east": ["华东", "East China"]}
    assert [region_of(text, regions) for text in ("华东", "EAST china", "east", "moon")] == ["east"] * 3 + [None]
