"""Papers as PDF, set by typst."""

import json
from pathlib import Path

from tongxin.core.documents.paper import Paper

HERE = Path(__file__).parent
FONTS = HERE / "fonts"


def to_pdf(paper: Paper) -> bytes:
    """The paper as PDF. Texts are data, never markup. Takes a few hundredths of a second a page."""
    import typst

    return bytes(
        typst.compile(
            str(HERE / "paper.typ"),
            root=str(HERE),
            font_paths=[str(FONTS)],
            format="pdf",
            sys_inputs={"paper": json.dumps(paper.as_data(), ensure_ascii=False)},
        )
    )
