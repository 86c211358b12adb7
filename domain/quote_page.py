"""The page a quote or an invoice draft is printed on, as the installation begins with it: typst source.

Its data comes as JSON in `sys.inputs.data`: words already in the reader's language, numbers already written out.
"""

SOURCE = r"""
#let data = json(bytes(sys.inputs.data))
#set document(title: data.heading + " " + data.number)
#set page(
  paper: "a4", margin: (x: 20mm, top: 18mm, bottom: 20mm),
  footer: context align(center, text(8pt, fill: luma(110))[
    #data.company · #data.number · #counter(page).display("1 / 1", both: true)
  ]),
)
#set text(font: ("Noto Sans CJK SC",), size: 9.5pt, lang: data.language)
#let faint(body) = text(fill: luma(100), body)

#grid(columns: (1fr, auto), align: (left + horizon, right + horizon),
  text(15pt, weight: "bold", data.company),
  text(20pt, weight: "bold", data.heading),
)
#line(length: 100%, stroke: 0.8pt + rgb("#2f5fd0"))
#v(2mm)
#grid(columns: (1fr, auto), column-gutter: 8mm,
  [#faint(data.words.to) \ #text(12pt, weight: "bold", data.customer) \ #data.contact],
  table(columns: 2, stroke: none, inset: (x: 4pt, y: 2.5pt), align: (left, right),
    ..data.facts.map(fact => (faint(fact.name), fact.value)).flatten()),
)
#v(3mm)
#text(11pt, weight: "bold", data.title)
#v(1mm)
#table(
  columns: (auto, 1fr, auto, auto, auto, auto, auto),
  stroke: (x, y) => (bottom: 0.4pt + luma(190)),
  fill: (x, y) => if y == 0 { luma(243) },
  align: (x, y) => if x < 2 { left } else { right },
  inset: (x: 5pt, y: 5pt),
  table.header(..data.columns.map(name => text(8.5pt, weight: "bold", name))),
  ..data.lines.map(line => (
    line.no, line.name, line.quantity, line.price, line.discount, line.tax, line.amount,
  )).flatten(),
)
#align(right, table(
  columns: 2, stroke: none, inset: (x: 5pt, y: 3pt), align: (left, right),
  ..data.sums.map(sum => if sum.strong {
    (text(12pt, weight: "bold", sum.name), text(12pt, weight: "bold", sum.value))
  } else { (faint(sum.name), sum.value) }).flatten(),
))
#if data.terms != "" [
  #v(4mm)
  #text(weight: "bold", data.words.terms) \
  #data.terms.split("\n").join(linebreak())
]
#v(8mm)
#faint(data.words.closing)
"""
