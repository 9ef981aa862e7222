"""A paper as the answer to a request."""

from urllib.parse import quote

from django.http import HttpResponse

from tongxin.core.documents.paper import Paper
from tongxin.core.documents.pdf import to_pdf
from tongxin.core.documents.word import to_word

WRITERS = {
    "pdf": (to_pdf, "application/pdf", "inline"),
    "docx": (
        to_word,
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "attachment",
    ),
}


def paper_response(paper: Paper, extension: str, *, name: str) -> HttpResponse:
    """The paper as ``pdf`` or ``docx`` under a file name without its extension. Raises KeyError for any other."""
    write, media_type, disposition = WRITERS[extension]
    response = HttpResponse(write(paper), content_type=media_type)
    response["Content-Disposition"] = f"{disposition}; filename*=UTF-8''{quote(f'{name}.{extension}')}"
    return response
