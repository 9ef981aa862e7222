"""Files after an access check."""

from urllib.parse import quote

from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from tongxin.core.attachments import path_of
from tongxin.core.models import Attachment
from tongxin.core.records import kind_of
from tongxin.core.visitors import held_receipts
from tongxin.matters.actions.step import NotAllowed
from tongxin.matters.public_selectors import attachment_by_token
from tongxin.matters.views.common import visitor

DAY = 24 * 3600


def _check(request: HttpRequest, attachment: Attachment) -> bool:
    """Whether anybody may read it (True) or this person may (False). Raises NotAllowed for everybody else."""
    kind = kind_of(attachment.dossier.kind)
    if kind is None:
        raise NotAllowed("read_file")
    if kind.may_read_file(None, attachment.dossier_id, attachment, ()):
        return True
    if not kind.may_read_file(
        visitor(request), attachment.dossier_id, attachment, frozenset(held_receipts(request))
    ):
        raise NotAllowed("read_file")
    return False


@require_safe
def file(request: HttpRequest, token: str) -> HttpResponseBase:
    """A file: to be saved, never run. Pictures we drew ourselves may be shown in a page. Invisible is 404."""
    attachment = attachment_by_token(token)
    if attachment is None:
        raise Http404
    try:
        is_public = _check(request, attachment)
        source = path_of(attachment.digest).open("rb")
    except (NotAllowed, FileNotFoundError):
        raise Http404 from None
    response = FileResponse(source, content_type=attachment.media_type)
    disposition = "inline" if attachment.media_type.startswith("image/") else "attachment"
    response["Content-Disposition"] = f"{disposition}; filename*=UTF-8''{quote(attachment.name)}"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = f"public, max-age={DAY}" if is_public else "private, no-store"
    return response
