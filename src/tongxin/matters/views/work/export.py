"""A list taken along as an Excel workbook, without personal data."""

from io import BytesIO

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.matters.models import Matter
from tongxin.matters.presenters import number_text
from tongxin.matters.process import SIX_STEPS
from tongxin.matters.views.work.lists import place_of

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDTHS = (22, 40, 10, 14, 24, 10, 20, 12, 12)


def safe_cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def export_of(matters: list[Matter]) -> HttpResponse:
    """The matters as a workbook: what isn't public yet comes without its title."""
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
    for matter in matters:
        sheet.append([safe_cell(cell) for cell in _cells(matter)])
    out = BytesIO()
    book.save(out)
    response = HttpResponse(out.getvalue(), content_type=EXCEL)
    response["Content-Disposition"] = f'attachment; filename="matters-{timezone.localdate():%Y%m%d}.xlsx"'
    return response


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
