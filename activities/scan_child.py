"""The child process that draws one page for OCR, within the limits of `document_child`.

Run by its path with `python -I`; arguments: the page's number from 1, and folders with fonts. Standard input is the
file. Standard output is one line of JSON (`state`; `pages`, `width`, `height` in points; `dpi`), then the page in grey
as PGM.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # of ours it finds its siblings, which import nothing else of ours

from activities.document_child import MOST_BYTES, Refused, leave_network, opened, take_limits
from activities.page_child import SYSTEM_FONTS, use_fonts

DPI = 300
LONG_SIDE = 4000


def main() -> int:
    leave_network()
    take_limits()
    number, fonts = int(sys.argv[1]), sys.argv[2:]
    data = sys.stdin.buffer.read(MOST_BYTES + 1)
    try:
        said, image = draw(data, number, fonts)
    except (Refused, MemoryError):
        said, image = {"state": "refused"}, b""
    out = sys.stdout.buffer
    out.write(json.dumps(said).encode() + b"\n" + image)
    out.flush()
    os._exit(0)  # what PDFium holds is not worth taking down


def draw(data: bytes, number: int, fonts: list[str]) -> tuple[dict[str, Any], bytes]:
    import pypdfium2 as pdfium

    use_fonts([*fonts, *SYSTEM_FONTS])
    document = opened(data)
    if isinstance(document, str):
        return {"state": document}, b""
    try:
        page = document[number - 1]
    except (pdfium.PdfiumError, IndexError):
        return {"state": "unreadable"}, b""
    width, height = page.get_size()
    scale = min(DPI / 72, LONG_SIDE / max(width, height, 1))
    bitmap = page.render(scale=scale, grayscale=True)
    grey, stride = bytes(bitmap.buffer), bitmap.stride
    rows = b"".join(grey[at * stride : at * stride + bitmap.width] for at in range(bitmap.height))
    said = {
        "state": "text", "pages": len(document), "width": width, "height": height, "dpi": max(70, round(72 * scale)),
    }  # fmt: skip
    return said, b"P5 %d %d 255\n" % (bitmap.width, bitmap.height) + rows


if __name__ == "__main__":
    sys.exit(main())
