"""A list taken along as an Excel workbook, without personal data."""

from collections.abc import Iterable
from tempfile import TemporaryFile

from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tongxin.core.actor import Actor
from tongxin.matters.models import Matter
from tongxin.matters.presenters import number_text
from tongxin.matters.process import SIX_STEPS
from tongxin.matters.views.work.access import staff_only
from tongxin.matters.views.work.lists import filters_asked, place_of
from tongxin.matters.work_lists import work_rows

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST = 5000
"""Rows of one workbook; whoever needs more narrows the list."""
WIDTHS = (22, 40, 10, 14, 24, 10, 20, 12, 12)


def safe_cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


@require_safe
@staff_only
def work_export(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The whole work list under the filters of the address as a workbook, at most :data:`MOST` rows, streamed."""
    return export_of(work_rows(actor, filters_asked(request, actor), MOST + 1))


def export_of(matters: Iterable[Matter]) -> FileResponse:
    """The matters as a workbook: what isn't public yet comes without its title.

    Rows are written as they are read, to a file on disk and from there to the reader: memory doesn't grow with them.
    What is above :data:`MOST` is left out, and the last line says so.
    """
    # Loading it takes half a second (it brings numpy along): not at start-up.
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("事项"))
    sheet.freeze_panes = "A2"
    for letter, width in zip("ABCDEFGHI", WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    heads = (
        _("编号"), _("标题"), _("种类"), _("状态"), _("地点"), _("来源"), _("主办单位"), _("期限"), _("提出日期"),
    )  # fmt: skip
    row = []
    for head in heads:
        cell = WriteOnlyCell(sheet, value=head)
        cell.font = Font(bold=True)
        row.append(cell)
    sheet.append(row)
    for number, matter in enumerate(matters):
        if number == MOST:
            left_out = _("只导出前%(most)s件。请用筛选分几次导出。") % {"most": MOST}
            sheet.append([safe_cell(left_out)])
            break
        sheet.append([safe_cell(cell) for cell in _cells(matter)])
    out = TemporaryFile()  # noqa: SIM115  (the response reads and closes it)
    book.save(out)
    out.seek(0)
    name = f"matters-{timezone.localdate():%Y%m%d}.xlsx"
    return FileResponse(out, as_attachment=True, filename=name, content_type=EXCEL)


def _cells(matter: Matter) -> list[object]:
    return [
        number_text(matter.number),
        matter.title if matter.publication == "public" else _("（尚未公开的事项）"),
        _("微协商") if matter.kind == "consultation" else _("微建议"),
        SIX_STEPS.state(matter.state).label,
        place_of(matter),
        matter.get_source_display(),
        matter.lead_unit.name if matter.lead_unit else "",
        matter.due_on.isoformat() if matter.due_on else "",
        timezone.localtime(matter.created_at).date().isoformat(),
    ]
