"""A page to print once, fold, and put into the school's own envelopes: whether the address shows in their windows."""

from letters.domain.rendering import Bundle

SOURCE = r"""
#set document(title: "Envelope window test page")
#set page(paper: "a4", margin: 0mm)
#set text(font: "Source Sans Pro", size: 10pt, lang: "en", region: "gb")
#let window = (x: 24.6mm, y: 39.5mm, width: 95.4mm, height: 26.8mm)
#for step in range(0, 24) {
  place(dx: 15mm + step * 5mm, dy: 34mm, line(angle: 90deg, length: 1.5mm, stroke: 0.3pt + luma(120)))
  place(dx: 17mm, dy: 30mm + step * 2.5mm, line(length: 1.5mm, stroke: 0.3pt + luma(120)))
}
#place(dx: window.x, dy: window.y, rect(width: window.width, height: window.height, stroke: 0.5pt + red))
#for (name, y) in (("DL: fold here, first", 99mm), ("C5: fold here, once", 148.5mm), ("DL: fold here, second", 198mm)) {
  place(dx: 0mm, dy: y, line(length: 12mm, stroke: 0.5pt))
  place(dx: 198mm, dy: y, line(length: 12mm, stroke: 0.5pt))
  place(dx: 14mm, dy: y - 1.6mm, text(size: 8pt, name))
}
#place(dx: window.x, dy: 41mm, {
  set par(leading: 0.35em)
  [First line of seven: a name \ Second line \ Third line \ Fourth line \ Fifth line \ Sixth line \ AB1 2CD]
})
#place(dx: 25mm, dy: 106mm, block(width: 160mm, {
  set text(size: 12pt)
  heading(level: 1, "Envelope window test page")
  parbreak()
  [Print this page at 100%, without fitting it to the page. Fold it at the marks, put it into the envelope that the
    school uses, and tap it down, left and right.]
  parbreak()
  [All seven lines must show in the window however the page slides, and no words besides. The red frame is
    where letters print the address: 24.6 mm from the left, 39.5 mm from the top, 95.4 mm by 26.8 mm.]
}))
"""


def bundle() -> Bundle:
    """Return what the page is laid out from."""
    return {"main.typ": SOURCE.encode()}
