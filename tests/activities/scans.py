"""Scanned contracts: pages of a real one as pictures."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pytest
from pypdf import PdfReader, PdfWriter

from activities.scan_reader import LANGUAGES, Tesseract, tesseract

_engine = tesseract()
_there = _engine is not None and _engine.languages == LANGUAGES
needs_tesseract: Callable[[Any], Any] = pytest.mark.skipif(
    not _there and not os.environ.get("CI"), reason="tesseract with chi_sim and eng is not installed here"
)


def scanned(contract: bytes, dpi: int = 200) -> bytes:
    """Every page as a picture of itself, without a word."""
    out = io.BytesIO()
    pictures = [page.render(scale=dpi / 72, grayscale=True).to_pil() for page in pdfium.PdfDocument(contract)]
    pictures[0].save(out, "PDF", resolution=dpi, save_all=True, append_images=pictures[1:])
    return out.getvalue()


def together(*files: bytes) -> bytes:
    """The pages of all files in one."""
    writer, out = PdfWriter(), io.BytesIO()
    for file in files:
        for page in PdfReader(io.BytesIO(file)).pages:
            writer.add_page(page)
    writer.write(out)
    return out.getvalue()


def engine(monkeypatch: pytest.MonkeyPatch, there: Tesseract | None) -> None:
    for module in ("activities.scan_reader", "activities.clause_scan"):
        monkeypatch.setattr(f"{module}.tesseract", lambda: there)


def engine_at(path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Another program in tesseract's place."""
    path.write_text(script)
    path.chmod(0o755)
    engine(monkeypatch, Tesseract(str(path), LANGUAGES))
