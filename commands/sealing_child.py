"""Runs in the child of `commands.sandbox`: makes a PDF ready to be signed, and reads what signatures one carries.

Keys never come here: the child gives the digest that is to be signed, and leaves room for the signature.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asn1crypto import pem, x509  # type: ignore[import-untyped]
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PageObject
from pyhanko.sign import ExternalSigner, PdfSignatureMetadata, PdfSigner, fields
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from domain.refusal import Refused

ROOM = 24_576
"""Hexadecimal digits kept free for a signature with its certificates."""
OURS = "throughline-"
"""Fields of ours are called so, with their number."""
SIGNATURES_MAX = 50


def prepare(
    source: str, out: str, stamp: str, field: str, certificate: str, chain: list[str], name: str, reason: str,
    page: str, boxes: list[list[float]],
) -> dict[str, Any]:  # fmt: skip
    """Writes `out`: the source with room for this signature, and returns {digest, start, end} of that room.

    `page`, `stamp` are PDFs of ours; with `boxes` (page from 0, left, bottom, right, top) the signature pages are
    added first, a field in each box. Raises Refused `seal_impossible` with a reason.
    """
    _be_quiet()
    try:
        with Path(source).open("rb") as file:
            writer = IncrementalPdfFileWriter(file, strict=False)
            if writer.prev.encrypted:
                writer.encrypt("")  # type: ignore[no-untyped-call]
            if boxes:
                _add_pages(writer, page, boxes)
            store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
            for one in chain:
                store.register(_certificate(one))
            signer = ExternalSigner(_certificate(certificate), store, signature_value=512)
            about = PdfSignatureMetadata(
                field_name=field, name=name, reason=reason, md_algorithm="sha256", certify=bool(boxes),
                subfilter=SigSeedSubFilter.PADES, docmdp_permissions=MDPPerm.FILL_FORMS,
            )  # fmt: skip
            style = StaticStampStyle.from_pdf_file(stamp, border_width=0)
            with Path(out).open("w+b") as target:
                preparing = PdfSigner(about, signer, stamp_style=style).async_digest_doc_for_signing(
                    writer, existing_fields_only=True, bytes_reserved=ROOM, output=target
                )
                digest, _, _ = asyncio.run(preparing)
    except (PdfError, SigningError, ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise Refused("seal_impossible", 422, field="file", said=str(error)[:300]) from None
    return {
        "digest": digest.document_digest.hex(), "start": digest.reserved_region_start,
        "end": digest.reserved_region_end,
    }  # fmt: skip


def _add_pages(writer: IncrementalPdfFileWriter, page: str, boxes: list[list[float]]) -> None:
    if list(writer.prev.embedded_signatures):
        raise Refused("signed_before", 422, field="file")
    count = int(writer.prev.root["/Pages"]["/Count"])
    with Path(page).open("rb") as file:
        drawn = PdfFileReader(file)
        for no in range(int(drawn.root["/Pages"]["/Count"])):
            form = writer.import_page_as_xobject(drawn, no)
            shown = generic.DictionaryObject({generic.NameObject("/Page"): form})  # type: ignore[no-untyped-call]
            resources = generic.DictionaryObject({generic.NameObject("/XObject"): shown})  # type: ignore[no-untyped-call]
            content = writer.add_object(generic.StreamObject(stream_data=b"/Page Do"))
            size = form.get_object()["/BBox"]
            writer.insert_page(PageObject(content, [float(edge) for edge in size], resources))  # type: ignore[no-untyped-call]
    for no, (on, left, bottom, right, top) in enumerate(boxes, 1):
        box = (int(left), int(bottom), int(right), int(top))
        fields.append_signature_field(writer, SigFieldSpec(f"{OURS}{no}", on_page=count + int(on), box=box))


def read_signatures(path: str, roots: list[str]) -> dict[str, Any]:
    """What signatures a PDF carries: {hash, size, empty: [field], signatures: [...]}, in the order they were made.

    Each: {field, name, organisation, serial, at, intact, trusted, whole, changed, good}. `good` is the whole verdict;
    `changed` says that something other than later signatures was changed afterwards. Raises Refused
    `file_unreadable`, `document_not_pdf`.
    """
    _be_quiet()
    content = Path(path).read_bytes()
    if not content.startswith(b"%PDF-"):
        raise Refused("document_not_pdf", 422, field="file")
    trusted = [_certificate(one) for one in roots]
    try:
        with Path(path).open("rb") as file:
            reader = PdfFileReader(file, strict=False)
            if reader.encrypted:
                reader.decrypt("")
            found = list(reader.embedded_regular_signatures)
            if len(found) > SIGNATURES_MAX:
                raise Refused("file_unreadable", 422, field="file")
            empty = [name for name, value, _ in fields.enumerate_sig_fields(reader) if value is None]
            signatures = [_verdict(one, trusted) for one in found]
    except (PdfError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        raise Refused("file_unreadable", 422, field="file") from None
    digest = hashlib.sha256(content).hexdigest()
    return {"hash": digest, "size": len(content), "empty": empty, "signatures": signatures}


def _verdict(signature: EmbeddedPdfSignature, roots: list[x509.Certificate]) -> dict[str, Any]:
    certificate = signature.signer_cert
    names = certificate.subject.native if certificate else {}
    said = signature.self_reported_timestamp
    at = said.astimezone(UTC).isoformat() if isinstance(said, datetime) else None
    seen = {
        "field": signature.field_name, "at": at, "name": _text(names.get("common_name")),
        "organisation": _text(names.get("organization_name")),
        "serial": f"{certificate.serial_number:x}" if certificate else "",
        "intact": False, "trusted": False, "whole": False, "changed": True, "good": False,
    }  # fmt: skip
    try:
        context = ValidationContext(trust_roots=roots, allow_fetching=False, moment=said)
        status = validate_pdf_signature(signature, context)
    except Exception:
        return seen
    level = status.modification_level
    return seen | {
        "intact": bool(status.intact and status.valid), "trusted": bool(status.trusted),
        "whole": status.coverage is SignatureCoverageLevel.ENTIRE_FILE,
        "changed": level is None or level.name not in ("NONE", "LTA_UPDATES", "FORM_FILLING") or not status.docmdp_ok,
        "good": bool(status.bottom_line),
    }  # fmt: skip


def _be_quiet() -> None:
    """Odd files make the library say much. Not where this is imported: that is also in the servers."""
    logging.disable(logging.CRITICAL)


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _certificate(text: str) -> x509.Certificate:
    _, _, der = pem.unarmor(text.encode())
    certificate: x509.Certificate = x509.Certificate.load(der)
    return certificate
