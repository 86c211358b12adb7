"""Files of customers that are no such files, or only half: each is refused with the place, and none takes long."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from time import process_time

import pytest

from activities.customer_import_lines import Lines
from activities.customer_import_sheet import look
from commands.sandbox import run_limited
from domain.customer_import_rows import Known, Reader
from domain.refusal import Refused

HEADING = "客户名称,电话\n"


def seen(folder: Path, content: bytes) -> tuple[list[str], list[list[str]], str, str]:
    path = folder / "file"
    path.write_bytes(content)
    said = look(str(path), str(folder / "out"))
    return said["headings"], said["sample"], said["encoding"], said["delimiter"]


@pytest.mark.parametrize(
    ("content", "encoding", "delimiter"),
    [
        ("客户名称,电话\n蓝港,1\n".encode(), "utf-8", ","),
        ("客户名称,电话\r\n蓝港,1\r\n".encode("utf-8-sig"), "utf-8-sig", ","),
        ("客户名称;电话\n蓝港;1\n".encode("gbk"), "gb18030", ";"),
        ("客户名称\t电话\n蓝港\t1\n".encode("gb18030"), "gb18030", "\t"),
        ("客户名称,电话\n蓝港,1\n".encode("utf-16"), "utf-8", ","),
        ("\n\n客户名称|电话\n蓝港|1|\n".encode(), "utf-8", "|"),
    ],
)
def test_every_usual_way_to_write_a_table_is_read(
    tmp_path: Path, content: bytes, encoding: str, delimiter: str
) -> None:
    assert seen(tmp_path, content) == (["客户名称", "电话"], [["蓝港", "1"]], encoding, delimiter)


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_rows_are_counted_below_the_heading_whether_the_last_line_is_ended_or_not(tmp_path: Path, end: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(((end or "\n").join(["客户名称,电话", *["蓝港,1"] * 30]) + end).encode())
    assert look(str(path), str(tmp_path / "out"))["rows"] == 30


def test_quotes_hold_lines_and_marks_and_objects_become_columns(tmp_path: Path) -> None:
    assert seen(tmp_path, '客户名称,电话\n"蓝港, ""食品""\n有限公司",1\n短\n'.encode())[1] == [
        ['蓝港, "食品"\n有限公司', "1"],
        ["短", ""],
    ]
    objects = [{"name": "蓝港"}, {"name": "明远", "phone": 138, "tags": ["a", "b"]}]
    headings, sample, *_ = seen(tmp_path, "\n".join(map(json.dumps, objects)).encode())
    assert (headings, sample) == (["name", "phone", "tags"], [["蓝港", "", ""], ["明远", "138", "a,b"]])
    assert seen(tmp_path, b'{"name": "A"}\nno object')[1] == [["A"], ["no object"]]


def test_a_line_that_is_no_object_leaves_the_other_lines_as_they_are(tmp_path: Path) -> None:
    broken = [
        b"not json", b"[1]", '{"name": "明远"}'.encode("gbk"), b'{"name": "half of a pair: \\ud800"}',
        b'{"half \\ud800": 1}', b'{"name": "nothing: \\u0000"}', b"\0",
    ]  # fmt: skip
    path, out = tmp_path / "file", tmp_path / "out"
    for key in (b"", b'"b": 2, ', b'"b": 2, "c": 3, '):
        path.write_bytes(b"\n".join([b"{" + key + b'"name": "A"}', *broken, b"", b"{}", b'{"name": "Z"}']))
        said = look(str(path), str(out))
        with out.open("rb") as file:
            rows = Lines(file, "utf-8", ",").take(100)
        read = Reader(["name" if one == "name" else "" for one in said["headings"]], Known("CN")).batch(1, rows)
        assert (said["rows"], read.good) == (len(rows), 2)
        assert [(one.no, one.wrong.code) for one in read.rejected] == [(no, "import_line_unread") for no in range(2, 9)]
        assert read.rejected[0].cells == ["not json"]


@pytest.mark.parametrize(
    ("content", "code", "place"),
    [
        (b"", "sheet_empty", {}),
        (HEADING.encode(), "sheet_empty", {}),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "import_binary", {}),
        (b"%PDF-1.7 not a table", "import_binary", {}),
        (HEADING.encode() + "蓝港,1\n".encode() * 30_000 + b"A\0B,2\n", "import_nul", {"line": 30_002}),
        (HEADING.encode() + "蓝港,1\n".encode() * 40_000 + b"\xff\xff,1\n", "import_encoding", {"line": 40_002}),
        (",".join(["列"] * 10_000).encode() + b"\n1\n", "import_columns_most", {"columns": 10_000}),
        (HEADING.encode() + b'"' + b"x" * 1_500_000, "import_cell_huge", {"row": 1}),
        (b'{\n "a": 1\n}\n', "import_json", {"line": 1}),
        ('{"客户": 蓝港}\n'.encode("gbk"), "import_encoding", {"line": 1, "encoding": "UTF-8"}),
        (b"PK\x03\x04 this is no archive", "file_unreadable", {}),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(
    tmp_path: Path, content: bytes, code: str, place: dict[str, int]
) -> None:
    with pytest.raises(Refused, match=code) as refused:
        seen(tmp_path, content)
    assert place.items() <= refused.value.params.items()


def workbook(path: Path, rows: list[list[str]]) -> Path:
    """A sheet of texts; an empty one is no cell."""
    ns = "http://schemas.openxmlformats.org"
    relation = f'<Relationships xmlns="{ns}/package/2006/relationships"><Relationship Id="r1" '
    lines = "".join(
        f'<row r="{no}">'
        + "".join(
            f'<c r="{chr(65 + at)}{no}" t="inlineStr"><is><t>{cell}</t></is></c>' for at, cell in enumerate(row) if cell
        )
        + "</row>"
        for no, row in enumerate(rows, start=1)
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{ns}/package/2006/content-types"/>',
        "_rels/.rels": f'{relation}Type="{ns}/officeDocument/2006/relationships/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{ns}/spreadsheetml/2006/main" '
        f'xmlns:r="{ns}/officeDocument/2006/relationships"><sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": f'{relation}Type="{ns}/officeDocument/2006/relationships/worksheet" '
        'Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{ns}/spreadsheetml/2006/main"><sheetData>{lines}</sheetData>'
        "</worksheet>",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return path


@pytest.mark.parametrize(
    ("above", "headings", "passed"),
    [
        ([], ["单位名称(必填)", "", "联系手机"], 0),
        ([["二〇二六年度客户名单"], ["制表：华南大区"], []], ["单位名称(必填)", "", "联系手机"], 3),
        ([["客户名称"]], ["客户名称", "", ""], 0),
        ([[], [], ["客户名称"]], ["客户名称", "", ""], 2),
    ],
)
def test_a_title_above_the_headings_is_no_heading(
    tmp_path: Path, above: list[list[str]], headings: list[str], passed: int
) -> None:
    """Neither is it a customer; a column that alone is named is a heading all the same."""
    path = workbook(tmp_path / "book", [*above, ["单位名称(必填)", "", "联系手机"], ["蓝港食品", "", "13800138000"]])
    said = look(str(path), str(tmp_path / "out"))
    assert (said["headings"], said["sample"][-1]) == (headings, ["蓝港食品", "", "13800138000"])
    assert (said["rows"], said["above"]) == (len(said["sample"]), passed)


def test_rows_are_counted_from_the_headings_also_below_empty_ones(tmp_path: Path) -> None:
    path = workbook(tmp_path / "book", [[], ["随便叫什么"], ["蓝港食品"]])
    (tmp_path / "text").write_text("\n,\n客户名称,电话\n蓝港食品,\n", encoding="utf-8")
    for file, above in ((path, 1), (tmp_path / "text", 2)):
        said = look(str(file), str(tmp_path / "out"))
        assert (said["above"], said["sample"][-1][0]) == (above, "蓝港食品")


def packed(path: Path, xml: bytes, times: int) -> Path:
    """A workbook that says truly what it becomes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for _ in range(times):
                sheet.write(xml)
    return path


def saying(path: Path, size: int) -> Path:
    """Its directory tells of its last part that it is so large."""
    content = bytearray(path.read_bytes())
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = size.to_bytes(4, "little")
    path.write_bytes(content)
    return path


async def test_a_workbook_that_swells_is_refused_before_it_is_read(tmp_path: Path) -> None:
    bomb = packed(tmp_path / "bomb.xlsx", b"<row><c><v>1</v></c></row>" * (8 * 2**20 // 26), 20)
    for said, code in ((None, "import_swells"), (1_000, "import_false_size"), (2**32 - 1, "import_unpacked")):
        began = process_time()
        with pytest.raises(Refused, match=code):
            look(str(saying(bomb, said) if said else bomb), str(tmp_path / "out"))
        assert process_time() - began < 0.5


async def test_only_an_archive_is_no_workbook(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "file", "w") as archive:
        archive.writestr("readme.txt", "only an archive")
    with pytest.raises(Refused, match="import_binary"):
        await run_limited("activities.customer_import_sheet:look", str(tmp_path / "file"), str(tmp_path / "out"))
