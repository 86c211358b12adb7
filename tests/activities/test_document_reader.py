"""Whatever is in a file ends as a state of the document; nothing takes the reader down or counts as read unread."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from activities import office_file
from activities.document_reader import read_document
from domain.clause.page import Reading, State
from tests.activities import odd_files as odd
from tests.activities.office_files import docx, linking, needs_office

SECRET = "The price is reduced to one dollar."


def reading(folder: Path, data: bytes, name: str = "contract.pdf") -> Reading:
    (folder / name).write_bytes(data)
    return read_document(folder / name)


@pytest.mark.parametrize(
    ("data", "state", "limit"),
    [
        (odd.PLAIN, State.TEXT, ""),
        (odd.written("owner password"), State.TEXT, ""),
        (odd.written("user password"), State.PASSWORD_REQUIRED, ""),
        (odd.written("javascript"), State.TEXT, ""),
        (odd.PLAIN[: len(odd.PLAIN) * 55 // 100], State.UNREADABLE, ""),
        (b"", State.UNREADABLE, ""),
        (odd.PNG, State.UNREADABLE, ""),
        (odd.NOISE, State.UNREADABLE, ""),
        (b"<html><body>%PDF</body></html>", State.UNREADABLE, ""),
        (odd.LOOP, State.UNREADABLE, ""),
        (odd.ENDLESS_COUNT, State.UNREADABLE, ""),
        (odd.BLANK, State.NEEDS_OCR, ""),
        (odd.scanned(), State.NEEDS_OCR, ""),
        (odd.many_pages(500), State.TEXT, ""),
        (odd.many_pages(501), State.REFUSED, "pages"),
        (odd.PLAIN + b"\n%" + b"x" * (25 * 1024 * 1024), State.REFUSED, "bytes"),
    ],
    ids=[
        "plain", "owner password", "user password", "javascript", "truncated", "empty", "renamed PNG", "noise", "HTML",
        "loop", "endless count", "blank", "scanned", "500 pages", "501 pages", "too large",
    ],
)  # fmt: skip
def test_every_file_ends_in_its_state(tmp_path: Path, data: bytes, state: State, limit: str) -> None:
    found = reading(tmp_path, data)
    assert (found.state, found.limit) == (state, limit)


@pytest.mark.parametrize("data", [odd.bomb(), odd.nested_forms()], ids=["inflates", "nested forms"])
def test_bomb_is_refused_and_soon(tmp_path: Path, data: bytes) -> None:
    assert len(data) < 2_000_000
    before = time.monotonic()
    assert reading(tmp_path, data).state is State.REFUSED
    assert time.monotonic() - before < 25


def test_what_a_file_carries_is_said(tmp_path: Path) -> None:
    assert reading(tmp_path, odd.written("javascript")).carries == ("javascript",)
    assert reading(tmp_path, odd.written("attachment")).carries == ("attachments",)
    assert reading(tmp_path, odd.PLAIN).carries == ()


@pytest.mark.parametrize("kind", ["/Widget /FT /Tx /T (terms)", "/FreeText"], ids=["field", "note"])
def test_words_in_fields_and_notes_are_read_where_they_stand(tmp_path: Path, kind: str) -> None:
    read = reading(tmp_path, odd.noted(kind))
    assert read.state is State.TEXT
    assert "liable without any limit" in read.pages[0].text
    at = read.pages[0].text.index("liable")
    left, top = read.pages[0].boxes[4 * at : 4 * at + 2]
    assert 60 < left < 560
    assert 842 - 640 < top < 842 - 600
    assert "unshown" not in read.carries
    assert "unshown" in reading(tmp_path, odd.noted(kind, shown=False)).carries


def test_a_pipe_among_the_files_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "contract.pdf")
    with pytest.raises(OSError, match="no file"):
        read_document(tmp_path / "contract.pdf")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (odd.WHITE, "invisible"), (odd.OFF_PAGE, "off_page"), (odd.TINY, "tiny"), (odd.INVISIBLE, "invisible"),
        (odd.COVERED, "invisible"),
    ],
    ids=["white", "off the page", "tiny", "invisible", "covered"],
)  # fmt: skip
def test_words_that_nobody_sees_are_found(tmp_path: Path, data: bytes, why: str) -> None:
    page = reading(tmp_path, data).pages[0]
    assert [(page.text[run.start : run.end].strip(), run.why) for run in page.hidden] == [(SECRET, why)]


@pytest.mark.parametrize("data", [odd.PLAIN, odd.ON_DARK, odd.TURNED, odd.scanned(odd.words())])
def test_words_that_people_see_are_not_hidden(tmp_path: Path, data: bytes) -> None:
    assert reading(tmp_path, data).pages[0].hidden == ()


def test_places_are_those_of_the_page_as_displayed(tmp_path: Path) -> None:
    def first(data: bytes) -> tuple[float, float]:
        page = reading(tmp_path, data).pages[0]
        left, top, right, bottom = page.boxes[:4]
        assert left < right
        assert top < bottom
        return (left + right) / 2 / page.width, (top + bottom) / 2 / page.height

    assert first(odd.PLAIN) == pytest.approx((64 / 595, 138 / 842), abs=0.01)
    assert first(odd.CROPPED) == pytest.approx((14 / 545, 138 / 242), abs=0.02)
    assert first(odd.TURNED) == pytest.approx((704 / 842, 64 / 595), abs=0.01)


def test_office_files_are_said_to_be_unsupported_without_libreoffice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office_file, "converter", lambda: None)
    assert reading(tmp_path, b"PK\x03\x04word", "contract.docx").state is State.UNSUPPORTED
    assert reading(tmp_path, b"PK\x03\x04word", "contract.pdf").state is State.UNREADABLE


@needs_office
def test_a_word_file_is_read_as_the_pdf_it_becomes(tmp_path: Path) -> None:
    found = reading(tmp_path, docx("甲方应在收到发票后45日内付款。", odd.SENTENCE), "contract.docx")
    assert found.state is State.TEXT
    text = "".join(found.pages[0].text.split())
    assert "甲方应在收到发票后45日内付款。" in text
    assert odd.SENTENCE.replace(" ", "") in text


@needs_office
def test_a_word_file_takes_no_other_file_of_the_machine_along(tmp_path: Path) -> None:
    (tmp_path / "key.txt").write_text("the server's key")
    found = reading(tmp_path, linking((tmp_path / "key.txt").as_uri()), "contract.docx")
    assert "key" not in found.pages[0].text
    assert reading(tmp_path, b"PK\x03\x04word", "broken.docx").state is State.UNSUPPORTED
