"""A scanner for QR codes: another program than the one that draws them."""

import json
from io import BytesIO
from pathlib import Path

import typst
import zxingcpp
from PIL import Image

PAGE = """
#set page(width: 60mm, height: 60mm, margin: 3mm, fill: white)
#image(bytes(json(bytes(sys.inputs.drawing))), format: "svg", width: 50mm)
"""


def scan(drawing: str, folder: Path) -> str:
    """What a scanner reads from a drawing on white paper."""
    page = folder / "page.typ"
    page.write_text(PAGE)
    picture = typst.compile(str(page), format="png", ppi=110, sys_inputs={"drawing": json.dumps(drawing)})
    found = zxingcpp.read_barcodes(Image.open(BytesIO(picture)).convert("L"))
    assert len(found) == 1
    return str(found[0].text)
