"""The child process that draws one page of a PDF and says where its words are, within the limits of `document_child`.

Run by its path with `python -I`; arguments: the page's number from 1, and folders with fonts. Standard input is the
file. Standard output is one line of JSON (`state`; `limit`; `pages`, `width`, `height` in points; `words` in fractions
of the page), then the page in grey as WebP.
"""

from __future__ import annotations

import ctypes
import io
import json
import os
import sys
from array import array
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # of ours it finds its siblings, which import nothing else of ours

from activities.annotation_child import whole_page
from activities.document_child import MOST_BYTES, Refused, leave_network, opened, page_text, take_limits

SCALE = 1.5
LONG_SIDE = 2000
QUALITY = 80
SYSTEM_FONTS = ("/usr/share/fonts", "/usr/share/X11/fonts/Type1", "/usr/share/X11/fonts/TTF", "/usr/local/share/fonts")
_NO_PAGE = {"state": "text", "limit": "page"}


def main() -> int:
    leave_network()
    take_limits()
    number, fonts = int(sys.argv[1]), sys.argv[2:]
    data = sys.stdin.buffer.read(MOST_BYTES + 1)
    image = b""
    try:
        said, image = draw(data, number, fonts) if len(data) <= MOST_BYTES else (refused("bytes"), b"")
    except Refused as error:
        said = refused(str(error))
    except MemoryError:
        said, image = refused("memory"), b""
    out = sys.stdout.buffer
    out.write(json.dumps(said, ensure_ascii=False).encode() + b"\n" + image)
    out.flush()
    os._exit(0)  # what PDFium holds is not worth taking down


def refused(limit: str) -> dict[str, Any]:
    return {"state": "refused", "limit": limit}


def draw(data: bytes, number: int, fonts: list[str]) -> tuple[dict[str, Any], bytes]:
    import pypdfium2 as pdfium

    use_fonts([*fonts, *SYSTEM_FONTS])
    document = opened(data)
    if isinstance(document, str):
        return {"state": document}, b""
    count = len(document)
    if not 1 <= number <= count:
        return _NO_PAGE, b""
    try:
        page, _ = whole_page(document, number - 1)
    except pdfium.PdfiumError:
        return {"state": "unreadable"}, b""
    width, height = page.get_size()
    text, box = page_text(page)
    said = {
        "state": "text", "pages": count, "width": width, "height": height,
        "words": words(text, box, width, height),
    }  # fmt: skip
    return said, webp(page, width, height)


def use_fonts(folders: list[str]) -> None:
    """Starts PDFium anew with these folders, so that Chinese without an embedded font is drawn and not left out."""
    import pypdfium2.raw as raw

    raw.FPDF_DestroyLibrary()
    paths = (ctypes.c_char_p * (len(folders) + 1))(*[folder.encode() for folder in folders], None)
    config = raw.FPDF_LIBRARY_CONFIG(version=2, m_pIsolate=None, m_v8EmbedderSlot=0)
    config.m_pUserFontPaths = ctypes.cast(paths, type(config.m_pUserFontPaths))
    raw.FPDF_InitLibraryWithConfig(config)


def webp(page: Any, width: float, height: float) -> bytes:
    """In grey, at most `LONG_SIDE` pixels long, whatever the page's size is."""
    scale = min(SCALE, LONG_SIDE / max(width, height, 1))
    bitmap = page.render(scale=scale, grayscale=True)
    image = bitmap.to_pil()
    if max(image.size) > LONG_SIDE:  # PDFium rounds a side up
        image = image.crop((0, 0, min(image.width, LONG_SIDE), min(image.height, LONG_SIDE)))
    written = io.BytesIO()
    image.save(written, "WEBP", quality=QUALITY, method=2)
    return written.getvalue()


def words(text: str, box: array[float], width: float, height: float) -> list[list[Any]]:
    """Each `[text, left, top, right, bottom]`, in the order of the file; Chinese is not parted within a line."""
    found: list[list[Any]] = []
    run, edges = "", [0.0, 0.0, 0.0, 0.0]

    def end() -> None:
        nonlocal run
        if run:
            left, top, right, bottom = edges
            place = [left / width, top / height, right / width, bottom / height]
            found.append([run, *(round(min(1.0, max(0.0, each)), 5) for each in place)])
        run = ""

    for index, character in enumerate(text):
        left, top, right, bottom = box[4 * index : 4 * index + 4]
        if character.isspace() or not character.isprintable() or right <= left or bottom <= top:
            end()
            continue
        if run and _apart(edges, left, top, bottom):
            end()
        if run:
            run += character
            edges = [min(edges[0], left), min(edges[1], top), max(edges[2], right), max(edges[3], bottom)]
        else:
            run, edges = character, [left, top, right, bottom]
    end()
    return found


def _apart(edges: list[float], left: float, top: float, bottom: float) -> bool:
    """Whether a character stands away from the word before it: on another line, or after a gap."""
    high = edges[3] - edges[1]
    other_line = top >= edges[3] - 0.2 * high or bottom <= edges[1] + 0.2 * high
    return other_line or left - edges[2] > high or left < edges[0] - 0.5 * high


if __name__ == "__main__":
    sys.exit(main())
