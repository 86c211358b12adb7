"""Drawing a page as a PDF: typst source and its data, in a child process that reaches no file but its own."""

from __future__ import annotations

import base64
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from commands.sandbox import MIB, Limits, run_limited
from domain.refusal import Refused, invalid

WITHIN = Limits(memory=2048 * MIB, cpu=15, wall=25.0, answer=24 * MIB)


async def draw(source: str, data: dict[str, Any]) -> bytes:
    """A PDF. Raises Refused `page_broken` with what the compiler says, or as `run_limited` does."""
    try:
        answer = await run_limited("commands.paper:compile_page", source, json.dumps(data), limits=WITHIN)
    except Refused as refused:
        if refused.code == "file_unreadable":
            raise invalid("page_broken", "page", said="") from None
        raise
    return base64.b64decode(answer)


def compile_page(source: str, data: str) -> str:
    """Runs in the child: the PDF in base64. The root is an empty folder, and no package can be fetched."""
    import noto_cjk_sans_otc  # type: ignore[import-untyped]  # a folder with a font
    import typst

    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        os.environ[name] = "http://127.0.0.1:9"
    os.environ["RAYON_NUM_THREADS"] = "1"
    fonts = str(Path(noto_cjk_sans_otc.__file__).parent)
    with tempfile.TemporaryDirectory() as folder:
        for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "HOME"):
            os.environ[name] = folder
        main = Path(folder) / "main.typ"
        main.write_text(source, encoding="utf-8")
        try:
            pdf = typst.compile(
                str(main), root=folder, font_paths=[fonts], ignore_system_fonts=True, sys_inputs={"data": data}
            )
        except RuntimeError as error:
            said = str(getattr(error, "diagnostic", "") or error).replace(folder + "/", "")
            raise Refused("page_broken", 422, field="page", said=said[:1_500]) from None
    assert isinstance(pdf, bytes)  # noqa: S101 - one PDF
    return base64.b64encode(pdf).decode()
