"""What the pages of a station and of a unit show of matters."""

from tongxin.directory.models import Unit, Workstation
from tongxin.directory.registry import Panel
from tongxin.matters.presenters import list_html, rows_of
from tongxin.matters.public_selectors import matters_at, matters_led_by

TEMPLATE = "matters/public/_panel.html"


def matters_of_station(station: Workstation) -> Panel:
    """The newest public matters that came to a station. One query."""
    found = matters_at(station)
    return Panel(TEMPLATE, {"rows": list_html(rows_of(found)) if found else "", "area": station.area.code})


def matters_of_unit(unit: Unit) -> Panel:
    """The newest public matters that a unit leads. One query."""
    found = matters_led_by(unit)
    return Panel(TEMPLATE, {"rows": list_html(rows_of(found)) if found else "", "unit": unit.code})
