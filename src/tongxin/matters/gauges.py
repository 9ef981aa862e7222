"""Gauges of matters."""

from tongxin.core.metrics import Rows, gauge
from tongxin.matters import health


@gauge("tongxin_matters_overdue", "Open matters past their due date, by state.", "state")
def overdue() -> Rows:
    """Derived from the due dates, as on every page."""
    return [((state,), float(count)) for state, count in health.overdue_by_state().items()]
