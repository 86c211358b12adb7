"""The record of a signing as it is printed: typst source. Its data comes as JSON in `sys.inputs.data`."""

SOURCE = r"""
#let d = json(bytes(sys.inputs.data))
#set document(title: d.heading + " " + d.number)
#set page(
  paper: "a4", margin: (x: 16mm, top: 16mm, bottom: 18mm),
  footer: context align(center, text(7.5pt, fill: luma(110))[
    #d.company · #d.number · #counter(page).display("1 / 1", both: true)
  ]),
)
#set text(font: ("Noto Sans CJK SC",), size: 8.5pt)
#let faint(body) = text(fill: luma(100), body)
#let hash(body) = text(7pt, tracking: 0.1pt, body)

#text(16pt, weight: "bold", d.heading)
#line(length: 100%, stroke: 0.8pt + rgb("#2f5fd0"))
#table(columns: (auto, 1fr), stroke: none, inset: (x: 3pt, y: 2.5pt),
  ..d.facts.map(fact => (faint(fact.name), if fact.hash { hash(fact.value) } else { fact.value })).flatten())
#v(2mm)
#table(
  columns: (auto, 1.2fr, 1.5fr), inset: (x: 4pt, y: 4pt),
  stroke: (x, y) => (bottom: 0.4pt + luma(200)),
  fill: (x, y) => if y == 0 { luma(243) },
  table.header(..d.columns.map(name => text(8pt, weight: "bold", name))),
  ..d.events.map(one => (
    one.at,
    [*#one.what* #if one.who != "" [ \ #one.who] #if one.means != "" [ \ #faint(one.means)]],
    [#hash(one.document) #if one.origin != "" [ \ #faint(one.origin)]],
  )).flatten(),
)
#v(2mm)
#faint(d.closing)
"""
