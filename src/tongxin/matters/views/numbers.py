"""Numbers by source, for everybody: the page and the same figures for a spreadsheet."""

import csv
import io
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tongxin.core.pagecache import same_for_all
from tongxin.core.text import clean_line
from tongxin.directory.models import Area, Workstation
from tongxin.matters.numbers import (
    FEW,
    Scope,
    figures_told,
    scope_of,
    sources_used,
    station_groups,
    years_with_matters,
)
from tongxin.matters.presenters.numbers import csv_rows, few_text, number_rows
from tongxin.matters.presenters.position import select_html
from tongxin.matters.public_selectors import area_by_code, area_groups, station_for

QUARTERS = 4


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for; what is unknown is left out."""

    year: int
    quarter: int
    street: Area | None
    station: Workstation | None
    years: tuple[int, ...]

    @property
    def scope(self) -> Scope:
        """The same for the selector."""
        return scope_of(
            self.year,
            self.quarter,
            street_id=self.street.pk if self.street else None,
            station_id=self.station.pk if self.station else None,
        )

    @property
    def query(self) -> str:
        """The same as an address."""
        given = {
            "year": self.year,
            "quarter": self.quarter or "",
            "street": self.street.code if self.street else "",
            "station": self.station.code if self.station else "",
        }
        return urlencode({name: value for name, value in given.items() if value})


def _asked(request: HttpRequest) -> Asked:
    def given(name: str) -> str:
        return clean_line(request.GET.get(name, "")[:16]).text

    years = years_with_matters()
    year, quarter = given("year"), given("quarter")
    street = area_by_code(given("street")) if given("street") else None
    return Asked(
        year=int(year) if year in {str(one) for one in years} else timezone.localdate().year,
        quarter=int(quarter) if quarter in {"1", "2", "3", "4"} else 0,
        street=street if street is not None and street.level == Area.Level.STREET else None,
        station=station_for(given("station")),
        years=tuple(years),
    )


def _choices(asked: Asked) -> list[tuple[str, str, object]]:
    streets = [options[0] for _street, options in area_groups() if options]
    quarters = [(str(n), _("第%(n)s季度") % {"n": n}) for n in range(1, QUARTERS + 1)]
    years = [(str(year), _("%(year)s年") % {"year": year}) for year in asked.years]
    return [
        ("year", _("哪一年"), select_html("year", str(asked.year), years, empty=_("今年"))),
        (
            "quarter",
            _("哪个季度"),
            select_html("quarter", str(asked.quarter or ""), quarters, empty=_("全年")),
        ),
        (
            "street",
            _("哪个街道"),
            select_html("street", asked.street.code if asked.street else "", streets, empty=_("全区")),
        ),
        (
            "station",
            _("哪个工作站"),
            select_html(
                "station",
                asked.station.code if asked.station else "",
                (),
                station_groups(),
                empty=_("全部工作站"),
            ),
        ),
    ]


@require_safe
@same_for_all
def numbers_sources(request: HttpRequest) -> HttpResponse:
    """Whether the same clocks are kept however a matter came in; narrowed by year, quarter, street and station."""
    asked = _asked(request)
    told = figures_told(asked.scope)
    used = {row.source for row in sources_used(told.rows)}
    context = {
        "asked": asked,
        "choices": _choices(asked),
        "rows": number_rows([row for row in told.rows if row.source in used or not row.source]),
        "unused": [row.name for row in number_rows(told.rows) if row.code and row.code not in used],
        "total": told.total,
        "at": told.at,
        "few": FEW,
        "few_text": few_text(),
        "is_narrowed": bool(asked.quarter or asked.street or asked.station),
    }
    return render(request, "matters/public/numbers_sources.html", context)


@require_safe
@same_for_all
def numbers_sources_csv(request: HttpRequest) -> HttpResponse:
    """The figures of the page as CSV in UTF-8, with the mark that spreadsheets read it by."""
    asked = _asked(request)
    out = io.StringIO()
    writer = csv.writer(out)
    for line in csv_rows(figures_told(asked.scope).rows):
        writer.writerow([safe(value) for value in line])
    response = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="sources-{asked.year}.csv"'
    return response


def safe(value: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
