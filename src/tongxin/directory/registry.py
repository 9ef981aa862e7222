"""What other domains show on the pages of a station and of a unit, without this domain knowing them.

A domain adds its callables in ``AppConfig.ready``::

    from tongxin.directory.registry import Panel, station_panels
    station_panels.append(matters_of_station)   # (station) -> Panel | None

The page renders ``panel.template`` with the variable ``panel`` set to ``panel.context``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tongxin.directory.models import Unit, Workstation


@dataclass(frozen=True, slots=True)
class Panel:
    """One section of a page: a template and what it needs. At most two queries, for the page's sake."""

    template: str
    context: Mapping[str, Any] = field(default_factory=dict)
    order: int = 50
    """Lower stands higher on the page; what people can do goes before what was done."""


station_panels: list[Callable[[Workstation], Panel | None]] = []
unit_panels: list[Callable[[Unit], Panel | None]] = []


def panels_of_station(station: Workstation) -> list[Panel]:
    """The panels that the domains have for a station, by their order and then as they were registered."""
    panels = [panel for make in station_panels if (panel := make(station)) is not None]
    return sorted(panels, key=lambda panel: panel.order)


def panels_of_unit(unit: Unit) -> list[Panel]:
    """The panels that the domains have for a unit, in the order they were registered."""
    return [panel for make in unit_panels if (panel := make(unit)) is not None]
