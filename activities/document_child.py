"""The child process that opens one PDF: takes its limits on, reads, and hands over what it read.

Run by its path with `python -I`; of ours it imports only its sibling. Standard input is the file. Standard output is
one line of JSON (see `read`), then for each page four 32-bit floats a character: left, top, right, bottom in points
of the page as displayed, origin top left.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import resource
import sys
from array import array
from collections import deque
from collections.abc import Iterator
from itertools import repeat
from operator import sub
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from activities.annotation_child import whole_page

MOST_BYTES = 25 * 1024 * 1024
MOST_PAGES = 500
MOST_CHARACTERS = 5_000_000
MOST_CHARACTERS_OF_A_PAGE = 200_000
MEMORY = 512 * 1024 * 1024
CPU_SECONDS = 15
NEW_NETWORK, NEW_USER = 0x40000000, 0x10000000

_UNREADABLE = "\ufffd"
_UNMAPPED = re.compile("[\x00\x01\x03-\x08\x0e-\x1b\ufffd\ue000-\uf8ff]")


class Refused(Exception):
    """A limit was hit: its name."""


def main() -> int:
    network = leave_network()
    take_limits()
    data = sys.stdin.buffer.read(MOST_BYTES + 1)
    boxes: list[bytes] = []
    try:
        said = read(data, boxes) if len(data) <= MOST_BYTES else {"state": "refused", "limit": "bytes"}
    except Refused as refused:
        said, boxes = {"state": "refused", "limit": str(refused)}, []
    except MemoryError:
        said, boxes = {"state": "refused", "limit": "memory"}, []
    out = sys.stdout.buffer
    out.write(json.dumps(said | {"network": network}, ensure_ascii=False).encode() + b"\n")
    for part in boxes:
        out.write(part)
    out.flush()
    os._exit(0)  # what PDFium holds is not worth taking down


def leave_network() -> str:
    """`none` in a network namespace without any; `shared` where the system does not allow one."""
    libc = ctypes.CDLL(None, use_errno=True)
    for flags in (NEW_NETWORK, NEW_NETWORK | NEW_USER):
        if libc.unshare(flags) == 0:
            return "none"
    return "shared"


def take_limits() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # it hands over through a pipe and writes no file
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def read(data: bytes, boxes: list[bytes]) -> dict[str, Any]:
    """`state` with `limit` or, for `text` and `needs_ocr`, `pages` and what the file `carries`."""
    import pypdfium2 as pdfium

    document = opened(data)
    if isinstance(document, str):
        return {"state": document}
    count = len(document)
    pages: list[dict[str, Any]] = []
    total, beside = 0, set[str]()
    for number in range(count):
        try:
            page, found = whole_page(document, number)
        except pdfium.PdfiumError:
            return {"state": "unreadable"}
        beside |= found
        pages.append(read_page(page, boxes))
        page.close()
        total += len(pages[-1]["text"])
        if total > MOST_CHARACTERS:
            raise Refused("characters")
    if not pages:
        return {"state": "unreadable"}
    state = state_of(pages)
    if state == "needs_ocr":
        mark_unread(pages)
    return {"state": state, "pages": pages, "carries": sorted({*carried(data), *beside})}


def opened(data: bytes) -> Any:
    """PDFium's document, or the state of one that does not open. Raises Refused beyond the limit of pages."""
    import pypdfium2 as pdfium

    if b"%PDF-" not in data[:1024]:
        return "unreadable"
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        locked = getattr(error, "err_code", None) == pdfium.raw.FPDF_ERR_PASSWORD
        return "password_required" if locked else "unreadable"
    if len(document) > MOST_PAGES:
        raise Refused("pages")
    return document


def state_of(pages: list[dict[str, Any]]) -> str:
    """A page that shows something and says nothing has to be read by other means, and then so has the document."""
    readable = sum(each["readable"] for each in pages)
    if not readable or any(each["shows"] and each["readable"] < 20 for each in pages):
        return "needs_ocr"
    unmapped = sum(each["unmapped"] for each in pages)
    return "needs_ocr" if unmapped > 0.1 * (readable + unmapped) else "text"


def mark_unread(pages: list[dict[str, Any]]) -> None:
    """`unread` of each page whose words have to be read off its picture: of a document without a word, every page."""
    nothing = not any(each["readable"] for each in pages)
    for each in pages:
        unmapped = each["unmapped"] > 0.1 * (each["readable"] + each["unmapped"])
        each["unread"] = nothing or unmapped or (each["shows"] and each["readable"] < 20)


def read_page(page: Any, boxes: list[bytes]) -> dict[str, Any]:
    width, height = page.get_size()
    text, box = page_text(page)
    visible, unmapped = len("".join(text.split())), len(_UNMAPPED.findall(text))
    shows, suspicious = drawn(page)
    hidden = list(hidden_characters(page, text, box, width, height, suspicious))
    boxes.append(box.tobytes())
    return {
        "width": width, "height": height, "text": text, "hidden": hidden, "shows": shows,
        "readable": visible - unmapped, "unmapped": unmapped,
    }  # fmt: skip


def page_text(page: Any) -> tuple[str, array[float]]:
    """The page's characters, and left, top, right, bottom of each in points as displayed, origin top left."""
    import pypdfium2.raw as raw

    textpage = raw.FPDFText_LoadPage(page.raw)
    try:
        count = max(0, raw.FPDFText_CountChars(textpage))
        if count > MOST_CHARACTERS_OF_A_PAGE:
            raise Refused("characters")
        text = characters(textpage, count)
        box = array("f", bytes(16 * count))
        # Each box is written where it belongs: left, top, right, bottom. Called this way it costs a third of a loop.
        address, handle = box.buffer_info()[0], ctypes.cast(textpage, ctypes.c_void_p).value
        places = map(_box_function(), repeat(handle), range(count), range(address, address + 16 * count, 16))
        deque(places, maxlen=0)
    finally:
        raw.FPDFText_ClosePage(textpage)
    as_displayed(page, box, *page.get_size())
    return text, box


def _box_function() -> Any:
    """PDFium's function for the box of a character, taking plain addresses."""
    import pypdfium2.raw as raw

    address = ctypes.cast(raw.FPDFText_GetLooseCharBox, ctypes.c_void_p).value or 0
    return ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)(address)


def characters(textpage: Any, count: int) -> str:
    """One character of the string for each that PDFium counts."""
    import pypdfium2.raw as raw

    buffer = (ctypes.c_ushort * (count + 1))()
    taken = raw.FPDFText_GetText(textpage, 0, count, buffer)
    text = bytes(buffer)[: 2 * max(0, taken - 1)].decode("utf-16-le", "replace")
    if len(text) == count:
        return text
    codes = (raw.FPDFText_GetUnicode(textpage, index) for index in range(count))
    return "".join(chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else _UNREADABLE for code in codes)


def as_displayed(page: Any, box: array[float], width: float, height: float) -> None:
    """From the page's own space to the page as people see it: cropped, turned, origin top left."""
    left, bottom, right, top = page.get_cropbox()
    media = page.get_mediabox()
    left, right = max(left, media[0]), min(right, media[2])
    bottom, top = max(bottom, media[1]), min(top, media[3])
    turn = page.get_rotation()
    x0, y0, x1, y1 = box[0::4], box[1::4], box[2::4], box[3::4]  # y0 is the upper edge, upwards
    if turn == 0:
        box[1::4], box[3::4] = array("f", map(top.__sub__, y0)), array("f", map(top.__sub__, y1))
        if left:
            box[0::4], box[2::4] = array("f", [x - left for x in x0]), array("f", [x - left for x in x1])
        return
    if turn == 90:
        new = ([y - bottom for y in y1], [x - left for x in x0], [y - bottom for y in y0], [x - left for x in x1])
    elif turn == 180:
        new = ([right - x for x in x1], [y - bottom for y in y1], [right - x for x in x0], [y - bottom for y in y0])
    else:
        new = ([top - y for y in y0], [right - x for x in x1], [top - y for y in y1], [right - x for x in x0])
    for offset, values in enumerate(new):
        box[offset::4] = array("f", values)


def drawn(page: Any) -> tuple[bool, bool]:
    """Whether the page shows a picture or drawings worth reading, and whether something may hide text on it."""
    import pypdfium2.raw as raw

    width, height = page.get_size()
    edges = [ctypes.c_float() for _ in range(4)]
    colour = [ctypes.c_uint() for _ in range(4)]
    mode, stroke = ctypes.c_int(), ctypes.c_int()
    texts: list[tuple[float, float, float, float]] = []
    pictured = 0.0
    paths = 0
    suspicious = raw.FPDFPage_GetAnnotCount(page.raw) > 0

    def bounds(thing: Any) -> tuple[float, float, float, float]:
        found = raw.FPDFPageObj_GetBounds(thing, *edges)
        return tuple(edge.value for edge in edges) if found else (0.0, 0.0, 0.0, 0.0)  # type: ignore[return-value]

    for thing, within_form in objects(page.raw, raw):
        kind = raw.FPDFPageObj_GetType(thing)
        if kind == raw.FPDF_PAGEOBJ_TEXT:
            raw.FPDFPageObj_GetFillColor(thing, *colour)
            pale = min(each.value for each in colour[:3]) > 180 or colour[3].value < 80
            odd = raw.FPDFTextObj_GetTextRenderMode(thing) not in (
                raw.FPDF_TEXTRENDERMODE_FILL, raw.FPDF_TEXTRENDERMODE_FILL_STROKE, raw.FPDF_TEXTRENDERMODE_STROKE,
            )  # fmt: skip
            suspicious = suspicious or pale or odd
            if not suspicious:
                texts.append(bounds(thing))
            continue
        left, bottom, right, top = bounds(thing)
        covers = kind in (raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_SHADING)
        if covers:
            pictured = max(pictured, (right - left) * (top - bottom) / max(1.0, width * height))
        elif kind == raw.FPDF_PAGEOBJ_PATH:
            paths += 1
            raw.FPDFPath_GetDrawMode(thing, mode, stroke)
            covers = mode.value != raw.FPDF_FILLMODE_NONE
        if covers and not suspicious and right - left > 6 and top - bottom > 4:
            suspicious = within_form or any(
                a < right and c > left and b < top and d > bottom for a, b, c, d in texts[-2000:]
            )
    return pictured > 0.2 or paths > 300, suspicious


def objects(page: Any, raw: Any) -> Iterator[tuple[Any, bool]]:
    """What the page is painted with, in order, and forms by what they hold; with whether it is within a form."""
    for index in range(min(raw.FPDFPage_CountObjects(page), 100_000)):
        thing = raw.FPDFPage_GetObject(page, index)
        if raw.FPDFPageObj_GetType(thing) == raw.FPDF_PAGEOBJ_FORM:
            for inner in range(min(raw.FPDFFormObj_CountObjects(thing), 10_000)):
                yield raw.FPDFFormObj_GetObject(thing, inner), True
        else:
            yield thing, False


def hidden_characters(
    page: Any, text: str, box: array[float], width: float, height: float, suspicious: bool
) -> Iterator[tuple[int, int, str]]:
    """Runs of characters that a reader cannot see: their first, the one after their last, and why."""
    if not text:
        return
    tops, bottoms = box[1::4], box[3::4]
    outside = min(box[0::4]) < -2 or min(tops) < -2 or max(box[2::4]) > width + 2 or max(bottoms) > height + 2
    tiny = min(filter(None, map(abs, map(sub, bottoms, tops))), default=3) < 3
    if not (outside or suspicious or tiny):
        return
    seen = Rendering(page, width, height) if suspicious else None
    start, last, why = -1, -1, ""
    for index, character in enumerate(text):
        if character.isspace() or character < " ":
            continue
        reason = reason_hidden(box[4 * index : 4 * index + 4], width, height, seen)
        if reason == why and reason:
            last = index
            continue
        if why and _long_enough(text[start : last + 1]):
            yield start, last + 1, why
        start, last, why = index, index, reason
    if why and _long_enough(text[start : last + 1]):
        yield start, last + 1, why


def _long_enough(run: str) -> bool:
    return sum(character.isalnum() for character in run) >= 3


def reason_hidden(box: array[float], width: float, height: float, seen: Rendering | None) -> str:
    left, top, right, bottom = box
    if left == right and top == bottom:
        return ""
    if right <= 0 or left >= width or bottom <= 0 or top >= height:
        return "off_page"
    if abs(bottom - top) < 2:
        return "tiny"
    return "invisible" if seen is not None and seen.nothing_at(left, top, right, bottom) else ""


class Rendering:
    """The page in grey, to see where there is nothing to see."""

    CONTRAST = 28
    LONG_SIDE = 1600

    def __init__(self, page: Any, width: float, height: float) -> None:
        self.scale = min(2.5, self.LONG_SIDE / max(width, height, 1))
        bitmap = page.render(scale=self.scale, grayscale=True, may_draw_forms=False)
        self.width, self.height, self.stride = bitmap.width, bitmap.height, bitmap.stride
        self.grey = bytes(bitmap.buffer)
        bitmap.close()

    def nothing_at(self, left: float, top: float, right: float, bottom: float) -> bool:
        x0, x1 = max(0, int(left * self.scale)), min(self.width, int(right * self.scale) + 1)
        y0, y1 = max(0, int(top * self.scale)), min(self.height, int(bottom * self.scale) + 1)
        if x1 <= x0 or y1 <= y0:
            return True
        darkest, lightest = 255, 0
        for row in range(y0, y1):
            part = self.grey[row * self.stride + x0 : row * self.stride + x1]
            darkest, lightest = min(darkest, min(part)), max(lightest, max(part))
            if lightest - darkest > self.CONTRAST:
                return False
        return True


def carried(data: bytes) -> list[str]:
    """What the file holds beside its pages: javascript, attachments, form, signature. `unknown`: could not be told."""
    import io
    import logging

    from pypdf import PdfReader

    logging.disable(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted:
            reader.decrypt("")
        root = reader.root_object
        tree: Any = root["/Pages"]
        first_page = tree["/Kids"][0].get_object()  # reader.pages would look at all of them
        found = set(names_in(root, first_page))
    except MemoryError:
        raise
    except Exception:  # whatever a hostile structure makes it raise
        return ["unknown"]
    return sorted(found)


def names_in(root: Any, first_page: Any) -> Iterator[str]:
    names = root.get("/Names", {}).get_object() if "/Names" in root else {}
    opening = root["/OpenAction"].get_object() if "/OpenAction" in root else None
    runs = isinstance(opening, dict) and opening.get("/S") in ("/JavaScript", "/Launch")
    if "/JavaScript" in names or runs or "/AA" in root or "/AA" in first_page:
        yield "javascript"
    if "/EmbeddedFiles" in names:
        yield "attachments"
    form = root["/AcroForm"].get_object() if "/AcroForm" in root else {}
    if form.get("/Fields") or "/XFA" in form:
        yield "form"
    if int(form.get("/SigFlags", 0)) & 1:
        yield "signature"


if __name__ == "__main__":
    sys.exit(main())
