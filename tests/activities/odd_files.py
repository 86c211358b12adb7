"""PDF files made by hand: ordinary ones, odd ones, and ones that mean harm."""

from __future__ import annotations

import io
import struct
import zlib

from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

SENTENCE = "Customer shall pay each invoice within thirty (30) days of receipt."


def pdf(
    *pages: str, resources: str = "", objects: tuple[bytes, ...] = (), box: str = "0 0 595 842", extra: str = ""
) -> bytes:
    """A file with a content stream for each page; `objects` follow from number 10 on, `extra` goes into every page."""
    kids = " ".join(f"{100 + 2 * at} 0 R" for at in range(len(pages)))
    numbered = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>".encode(),
        3: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    }
    numbered |= {10 + at: each for at, each in enumerate(objects)}
    for at, content in enumerate(pages):
        numbered[100 + 2 * at] = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [{box}] /Contents {101 + 2 * at} 0 R {extra} "
            f"/Resources << /Font << /F 3 0 R >> {resources} >> >>"
        ).encode()
        numbered[101 + 2 * at] = stream(content.encode("latin-1"))
    return assembled(numbered)


def stream(data: bytes, entries: str = "") -> bytes:
    return f"<< /Length {len(data)} {entries} >>\nstream\n".encode() + data + b"\nendstream"


def assembled(numbered: dict[int, bytes]) -> bytes:
    out, places = bytearray(b"%PDF-1.7\n"), {}
    for number, body in sorted(numbered.items()):
        places[number] = len(out)
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    for number, place in sorted(places.items()):
        out += f"xref\n{number} 1\n{place:010} 00000 n \n".encode() if number == 0 else b""
    out += b"xref\n0 1\n0000000000 65535 f \n"
    for number, place in sorted(places.items()):
        out += f"{number} 1\n{place:010} 00000 n \n".encode()
    out += f"trailer\n<< /Size {max(places) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)


def words(text: str = SENTENCE, x: float = 60, y: float = 700, size: float = 11, before: str = "") -> str:
    return f"{before} BT /F {size} Tf {x} {y} Td ({text.replace('(', '[').replace(')', ']')}) Tj ET\n"


PLAIN = pdf(words())
WHITE = pdf(words() + words("The price is reduced to one dollar.", y=600, before="1 1 1 rg"))
OFF_PAGE = pdf(words() + words("The price is reduced to one dollar.", y=-40))
TINY = pdf(words() + words("The price is reduced to one dollar.", y=600, size=0.8))
INVISIBLE = pdf(words() + "BT 3 Tr /F 11 Tf 60 600 Td (The price is reduced to one dollar.) Tj ET\n")
COVERED = pdf(words() + words("The price is reduced to one dollar.", y=600) + "0.9 g 50 590 300 30 re f\n")
ON_DARK = pdf(
    words() + "0 0 0.4 rg 50 590 400 30 re f\n" + words("Payment terms: Net 30 days.", y=600, before="1 1 1 rg")
)
TURNED = pdf(words(), extra="/Rotate 90")
CROPPED = pdf(words(), extra="/CropBox [50 600 595 842]")
BLANK = pdf("")
FILLED_IN = assembled({
    1: b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [5 0 R] >> >>",
    2: b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
    3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Annots [5 0 R] >>",
    5: b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (us) /F 4 /P 3 0 R /Rect [100 600 300 700] /AP << /N 6 0 R >> >>",
    6: stream(b"0 0 200 100 re f", "/Type /XObject /Subtype /Form /BBox [0 0 200 100]"),
})  # fmt: skip
"""Blank but for what stands in a field: as a signature does."""


def noted(kind: str, *, shown: bool = True) -> bytes:
    """`SENTENCE`, and words that stand on the page in a field (/Widget /FT /Tx) or a note (/FreeText)."""
    said = "The Supplier shall be liable without any limit for all losses."
    fonts = "/Resources << /Font << /F 7 0 R >> >>"
    entry = "/V" if "Widget" in kind else "/Contents"
    place = "/F 4 /P 3 0 R /Rect [60 600 560 640]" + (" /AP << /N 6 0 R >>" if shown else "")
    return assembled({
        1: b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [5 0 R] >> >>",
        2: b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        3: f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Annots [5 0 R] /Contents 8 0 R {fonts} >>".encode(),
        5: f"<< /Type /Annot /Subtype {kind} {place} {entry} ({said}) >>".encode(),
        6: stream(f"BT /F 11 Tf 2 12 Td ({said}) Tj ET".encode(), f"/Subtype /Form /BBox [0 0 500 40] {fonts}"),
        7: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        8: stream(words().encode()),
    })  # fmt: skip


LOOP = assembled({
    1: b"<< /Type /Catalog /Pages 2 0 R >>", 2: b"<< /Type /Pages /Count 3 /Kids [2 0 R 2 0 R 4 0 R] >>",
    4: b"<< /Type /Pages /Parent 2 0 R /Count 2 /Kids [2 0 R 4 0 R] >>",
})  # fmt: skip
ENDLESS_COUNT = assembled({
    1: b"<< /Type /Catalog /Pages 2 0 R >>", 2: b"<< /Type /Pages /Count 2000000000 /Kids [] >>",
})  # fmt: skip
PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0) + b"\0" * 40
NOISE = b"%PDF-1.7\n" + bytes(range(256)) * 4


def scanned(layer: str = "") -> bytes:
    """A page that is one grey picture with dark stripes, and perhaps the invisible words of an earlier OCR."""
    rows = b"".join((b"\x20" if at % 10 < 3 else b"\xee") * 100 for at in range(140))
    picture = stream(
        rows, "/Type /XObject /Subtype /Image /Width 100 /Height 140 /ColorSpace /DeviceGray /BitsPerComponent 8"
    )
    return pdf("q 595 0 0 842 0 0 cm /I Do Q\n" + layer, resources="/XObject << /I 10 0 R >>", objects=(picture,))


def chinese_without_font(text: str = "付款期限") -> bytes:
    """Large characters of a font that the file names and does not hold, as many Chinese programs write them."""
    shown = text.encode("utf-16-be").hex()
    font = (
        b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [11 0 R] >>",
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /FontDescriptor 12 0 R /DW 1000 "
        b"/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> >>",
        b"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [0 -200 1000 900] /ItalicAngle 0 "
        b"/Ascent 800 /Descent -200 /CapHeight 700 /StemV 90 >>",
    )
    page = f"BT /Z 100 Tf 60 400 Td <{shown}> Tj ET"
    made = pdf(page, objects=font)
    return made.replace(b"/Font << /F 3 0 R >>", b"/Font << /Z 10 0 R >>")


def bomb(size: int = 300 * 1024 * 1024) -> bytes:
    """A content stream of less than a megabyte that inflates to `size`."""
    packer, out = zlib.compressobj(9), bytearray()
    for _ in range(size // (1024 * 1024)):
        out += packer.compress(b"0 0 m 1 1 l S\n" * 74_898)
    out += packer.flush()
    body = f"<< /Length {len(out)} /Filter /FlateDecode >>\nstream\n".encode() + bytes(out) + b"\nendstream"
    return assembled({
        1: b"<< /Type /Catalog /Pages 2 0 R >>", 2: b"<< /Type /Pages /Count 1 /Kids [4 0 R] >>",
        4: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R /Resources << >> >>", 5: body,
    })  # fmt: skip


def nested_forms(times: int = 50, depth: int = 6) -> bytes:
    """A form that draws a form that draws a form, fifty times each."""
    forms = []
    for at in range(depth):
        inner = f"/Resources << /XObject << /X {11 + at} 0 R >> /Font << /F 3 0 R >> >>" if at < depth - 1 else ""
        content = b"/X Do\n" * times if at < depth - 1 else b"0 0 m 1 1 l S\n" * 100
        forms.append(stream(content, f"/Type /XObject /Subtype /Form /BBox [0 0 595 842] {inner}"))
    return pdf("/X Do\n" * times, resources="/XObject << /X 10 0 R >>", objects=tuple(forms))


def many_pages(count: int) -> bytes:
    return pdf(*(words(f"Page {at} of a long contract.") for at in range(count)))


def written(change: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(PLAIN)))
    match change:
        case "user password":
            writer.encrypt("secret", "owner", algorithm="RC4-128")
        case "owner password":
            writer.encrypt("", "owner", algorithm="RC4-128")
        case "javascript":
            action = {"/S": NameObject("/JavaScript"), "/JS": TextStringObject("app.alert('hello');")}
            writer.root_object[NameObject("/OpenAction")] = DictionaryObject(
                {NameObject(name): value for name, value in action.items()}
            )
        case "attachment":
            writer.add_attachment("payload.exe", b"MZ")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
