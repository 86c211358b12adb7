"""Signatures and seals that come as pictures: opened and drawn anew in a child process with limits."""

from __future__ import annotations

import base64
import binascii
import re

from commands.sandbox import MIB, Limits, run_limited
from domain.refusal import Refused, invalid

LARGEST_DRAWING = 400 * 1024
LARGEST_SEAL = 2 * MIB
WITHIN = Limits(memory=512 * MIB, cpu=5, wall=12.0, answer=4 * MIB, file=MIB)
MOST_PIXELS = 25_000_000
DRAWN = (900, 360)
SEALED = (600, 600)
_DATA = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=]+)")


def drawing_of(text: str) -> bytes:
    """What a canvas gave as a data address. Raises Refused (422, 413)."""
    if len(text) > LARGEST_DRAWING * 4 // 3 + 100:
        raise Refused("picture_too_large", 413, field="drawing", most=LARGEST_DRAWING // 1024)
    found = _DATA.fullmatch(text)
    try:
        return base64.b64decode(found[1], validate=True) if found else b""
    except binascii.Error:
        return b""


async def redrawn(content: bytes, field: str, size: tuple[int, int]) -> bytes:
    """The picture as a PNG of at most this size, and nothing else that the file carried. Raises Refused (422)."""
    if not content.startswith((b"\x89PNG\r\n", b"\xff\xd8\xff")):
        raise invalid("picture_unreadable", field)
    try:
        sent = base64.b64encode(content).decode()
        answer = await run_limited("commands.signing_picture:redraw", sent, *size, limits=WITHIN)
    except Refused:
        raise invalid("picture_unreadable", field) from None
    if not answer:
        raise invalid("drawing_empty", field)
    return base64.b64decode(answer)


def redraw(content: str, width: int, height: int) -> str:
    """Runs in the child. Empty where nothing is drawn."""
    import io

    from PIL import Image

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    with Image.open(io.BytesIO(base64.b64decode(content)), formats=["PNG", "JPEG"]) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise invalid("picture_unreadable", "file")
        drawn = picture.convert("RGBA")
    box = drawn.getchannel("A").getbbox()
    if box is None:
        return ""
    drawn = drawn.crop(box)
    drawn.thumbnail((width, height))
    out = io.BytesIO()
    drawn.save(out, "PNG", optimize=True)
    return base64.b64encode(out.getvalue()).decode()
