"""Pages as pictures: in grey, never large, with their words; and files that mean harm end as a state, in the child."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest
from PIL import Image

from activities.page_image import DrawnPage, NotDrawn, draw_page
from domain.clause.page import State
from tests.activities import odd_files as odd


def drawing(folder: Path, data: bytes, number: int = 1) -> DrawnPage | NotDrawn:
    (folder / "contract.pdf").write_bytes(data)
    return draw_page(folder / "contract.pdf", number)


def picture(folder: Path, data: bytes, number: int = 1) -> Image.Image:
    drawn = drawing(folder, data, number)
    assert isinstance(drawn, DrawnPage), drawn
    return Image.open(io.BytesIO(drawn.image))


def ink(image: Image.Image) -> int:
    return sum(image.convert("L").histogram()[:128])


def test_a_page_is_drawn_in_grey_and_its_words_are_where_they_are_seen(tmp_path: Path) -> None:
    drawn = drawing(tmp_path, odd.PLAIN)
    assert isinstance(drawn, DrawnPage)
    image = Image.open(io.BytesIO(drawn.image))
    assert (image.format, image.size) == ("WEBP", (893, 1263))
    highest_saturation = image.convert("HSV").getextrema()[1][1]  # type: ignore[index]
    assert highest_saturation < 12
    assert drawn.words["pages"] == 1
    word, left, top, right, bottom = drawn.words["words"][1]
    assert word == "shall"
    around = [left * image.width, top * image.height, right * image.width, bottom * image.height]
    assert ink(image.crop(tuple(int(each) for each in around))) > 20  # type: ignore[arg-type]
    assert " ".join(each[0] for each in drawn.words["words"]).startswith("Customer shall pay each invoice")


@pytest.mark.parametrize("box", ["0 0 2000000 2000000", "0 0 14400 20"], ids=["vast", "long"])
def test_no_page_makes_a_picture_beyond_2000_pixels(tmp_path: Path, box: str) -> None:
    assert max(picture(tmp_path, odd.pdf(odd.words(), box=box)).size) <= 2000


def test_turned_and_cropped_pages_are_drawn_as_people_see_them(tmp_path: Path) -> None:
    assert picture(tmp_path, odd.TURNED).size == (1263, 893)
    assert picture(tmp_path, odd.CROPPED).size == (818, 363)


def test_what_was_filled_in_and_signatures_are_drawn(tmp_path: Path) -> None:
    image = picture(tmp_path, odd.FILLED_IN)
    assert ink(image.crop((150, 214, 450, 363))) == pytest.approx(ink(image), rel=0.02)
    assert ink(image) == pytest.approx(1.5**2 * 200 * 100, rel=0.02)


def test_chinese_without_its_font_in_the_file_is_drawn(tmp_path: Path) -> None:
    image = picture(tmp_path, odd.chinese_without_font())
    for at in range(4):
        left = int(1.5 * (60 + 100 * at))
        assert ink(image.crop((left, 500, left + 150, 800))) > 1500


@pytest.mark.parametrize(
    ("data", "state", "limit"),
    [
        (odd.written("user password"), State.PASSWORD_REQUIRED, ""),
        (odd.PLAIN[: len(odd.PLAIN) * 55 // 100], State.UNREADABLE, ""),
        (b"", State.UNREADABLE, ""),
        (odd.PNG, State.UNREADABLE, ""),
        (odd.LOOP, State.UNREADABLE, ""),
        (odd.ENDLESS_COUNT, State.UNREADABLE, ""),
        (odd.many_pages(501), State.REFUSED, "pages"),
        (odd.PLAIN + b"\n%" + b"x" * (25 * 1024 * 1024), State.REFUSED, "bytes"),
        (odd.bomb(), State.REFUSED, "memory"),
    ],
    ids=["locked", "truncated", "empty", "renamed PNG", "loop", "endless count", "501 pages", "too large", "bomb"],
)
def test_what_cannot_be_drawn_says_its_state(tmp_path: Path, data: bytes, state: State, limit: str) -> None:
    assert drawing(tmp_path, data) == NotDrawn(state, limit)


def test_pages_are_counted_from_one_and_those_beyond_are_none(tmp_path: Path) -> None:
    data = odd.many_pages(500)
    assert isinstance(drawing(tmp_path, data, 500), DrawnPage)
    assert drawing(tmp_path, data, 501) == NotDrawn(State.TEXT, "page")
    for readable in (odd.scanned(), odd.written("javascript"), odd.BLANK):
        assert isinstance(drawing(tmp_path, readable), DrawnPage)


def test_a_page_that_draws_for_ever_is_given_up(tmp_path: Path) -> None:
    before = time.monotonic()
    drawn = drawing(tmp_path, odd.nested_forms())
    assert isinstance(drawn, NotDrawn)
    assert drawn.state is State.REFUSED
    assert time.monotonic() - before < 25
