"""What a signed contract shows of its signatures: a page with a place for each signer, and the stamp in a place."""

from __future__ import annotations

LEFT, WIDTH, HEIGHT, GAP, TOP = 51.0, 240.0, 84.0, 13.0, 172.0
PAGE_HEIGHT = 842.0
CAPTION = 16.0
ROWS, COLUMNS = 6, 2
EACH = ROWS * COLUMNS
"""Signers on one page."""

PAGE = """
#let d = json(bytes(sys.inputs.data))
#set page(width: 595pt, height: 842pt, margin: (x: 51pt, top: 51pt, bottom: 40pt), footer: text(7.5pt,
  fill: luma(110))[#d.foot])
#set text(font: "Noto Sans CJK SC", size: 9pt)
#for sheet in d.sheets [
  #text(17pt, weight: "bold")[签署页 #h(2mm) #text(11pt, weight: "regular", fill: luma(90))[Signature page]]
  #v(1mm)
  #text(10pt)[#d.title] \\
  #text(8pt, fill: luma(90))[#d.facts]
  #for place in sheet [
    #place_at(place)
  ]
  #if sheet != d.sheets.last() { pagebreak() }
]
"""

STAMP = """
#let d = json(bytes(sys.inputs.data))
#set page(width: 240pt, height: 84pt, margin: (x: 9pt, y: 7pt), fill: white)
#set text(font: "Noto Sans CJK SC", size: 8pt)
#set par(leading: 5pt)
#place(left + horizon, dx: -9pt, rect(width: 3pt, height: 84pt, fill: rgb("#0b6bcb")))
#if d.chop != none { place(right + bottom, dx: 4pt, image(bytes(d.chop), width: 64pt, height: 64pt, fit: "contain")) }
#if d.mark != none { place(right + bottom, dx: -30pt, image(bytes(d.mark), width: 98pt, height: 40pt, fit: "contain")) }
#text(14pt, weight: "bold")[#d.name]#if d.latin != "" [#h(5pt)#text(9pt)[#d.latin]] \\
#d.role \\
#d.said #d.at \\
#text(6pt, fill: luma(100))[#d.proof]
"""


def boxes(count: int) -> list[list[float]]:
    """Where each signer signs: page from 0 among those added, left, bottom, right, top in points."""
    found = []
    for no in range(count):
        sheet, (row, column) = no // EACH, divmod(no % EACH, COLUMNS)
        left = LEFT + column * (WIDTH + GAP)
        top = PAGE_HEIGHT - TOP - row * (HEIGHT + CAPTION + GAP)
        found.append([float(sheet), left, top - HEIGHT, left + WIDTH, top])
    return found


PLACE = """
#let place_at(p) = place(top + left, dx: p.x * 1pt - 51pt, dy: p.y * 1pt - 51pt, box(width: 240pt)[
  #place(top + left, dy: -14pt, text(8pt, fill: luma(90))[#p.caption])
  #rect(width: 240pt, height: 84pt, stroke: 0.6pt + luma(190), radius: 2pt)[
    #align(center + horizon, text(8pt, fill: luma(190))[待签 · to be signed])]
])
"""


def page_source() -> str:
    return PLACE + PAGE


def sheets(captions: list[str]) -> list[list[dict[str, object]]]:
    """The data of `PAGE`: the places of each sheet, `x` and `y` from the page's top left corner in points."""
    placed: list[list[dict[str, object]]] = []
    for caption, (sheet, left, _, _, top) in zip(captions, boxes(len(captions)), strict=True):
        if len(placed) <= sheet:
            placed.append([])
        placed[-1].append({"caption": caption, "x": left, "y": PAGE_HEIGHT - top})
    return placed
