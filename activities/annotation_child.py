"""What stands on a page beside its content - fields filled in, notes, stamps - for the children that read documents.

People see it like everything else on the page, so it becomes part of the page before that is read.
"""

from __future__ import annotations

import ctypes
from typing import Any

MOST = 2_000
"""Of one page; more than any form has."""


def whole_page(document: Any, number: int) -> tuple[Any, set[str]]:
    """PDFium's page with what stands on it, and what of that the file carries: javascript, attachments, `unshown`
    for words that one program shows and another does not."""
    import pypdfium2.raw as raw

    page = document[number]
    seen = [_looked_at(page, index, raw) for index in range(min(raw.FPDFPage_GetAnnotCount(page), MOST))]
    carried = set().union(*(found for _, found in seen))
    if any(drawn for drawn, _ in seen):
        raw.FPDFPage_Flatten(page, raw.FLAT_NORMALDISPLAY)
        page.close()
        page = document[number]
    return page, carried


def _looked_at(page: Any, index: int, raw: Any) -> tuple[bool, set[str]]:
    """Whether it draws on the page, and what it carries."""
    annotation = raw.FPDFPage_GetAnnot(page, index)
    if not annotation:
        return False, set()
    try:
        kind = raw.FPDFAnnot_GetSubtype(annotation)
        carried = set()
        if kind == raw.FPDF_ANNOT_FILEATTACHMENT:
            carried.add("attachments")
        if raw.FPDFAnnot_HasKey(annotation, b"AA"):
            carried.add("javascript")
        says = {raw.FPDF_ANNOT_WIDGET: b"V", raw.FPDF_ANNOT_FREETEXT: b"Contents"}.get(kind)
        if says and _length(raw.FPDFAnnot_GetStringValue, annotation, says) and not _appears(annotation, raw):
            carried.add("unshown")
        return kind not in (raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_POPUP, raw.FPDF_ANNOT_TEXT), carried
    finally:
        raw.FPDFPage_CloseAnnot(annotation)


def _appears(annotation: Any, raw: Any) -> bool:
    return _length(raw.FPDFAnnot_GetAP, annotation, raw.FPDF_ANNOT_APPEARANCEMODE_NORMAL) > 0


def _length(ask: Any, annotation: Any, which: Any) -> int:
    """Of a text, in characters: PDFium counts bytes of UTF-16 with a closing zero."""
    return max(0, int(ask(annotation, which, ctypes.POINTER(ctypes.c_ushort)(), 0)) // 2 - 1)
