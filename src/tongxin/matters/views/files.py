"""Files after an access check."""

from urllib.parse import quote

from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from tongxin.core.attachments import path_of
from tongxin.core.models import Attachment
from tongxin.core.visitors import held_receipts
from tongxin.matters.actions.step import NotAllowed
from tongxin.matters.artefacts import may_read_file
from tongxin.matters.public_selectors import attachment_by_token, matter_of_dossier
from tongxin.matters.views.common import holder, visitor

DAY = 24 * 3600


def _check(request: HttpRequest, attachment: Attachment) -> bool:
    """Whether anybody may read it (True) or this person may (False). Raises NotAllowed for everybody else."""
    matter = matter_of_dossier(attachment.dossier_id)
    if matter is None:
        raise NotAllowed("read_file")
    if may_read_file(None, matter, attachment):
        return True
    actors = [visitor(request)]
    if matter.receipt is not None and matter.receipt_id in held_receipts(request):
        actors.append(holder(matter, matter.receipt))
    if not any(may_read_file(actor, matter, attachment) for actor in actors):
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
