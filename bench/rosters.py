"""How long a month's roster takes for 109 stations and 257 members with 40 leaves; prints one line a case.

    python -m bench.rosters

The draft alone, without a database; what it leaves is checked, so that speed is never bought with a gap.
"""

import random
import time as clock
from collections import Counter
from datetime import date, datetime, time, timedelta

from tongxin.core.workdays import SHANGHAI, WorkCalendar
from tongxin.duty.drafting import Slot, make_draft
from tongxin.duty.opening import Pattern, openings

STATIONS, STREETS, MEMBERS, LEAVES = 109, 14, 257, 40
MONTH = date(2026, 12, 1)


def patterns() -> list[Pattern]:
    """Streets open every working day, two afternoons and an evening; communities on the 10th and 20th and by turns."""
    found: list[Pattern] = []

    def add(station: int, mode: str, days: list[int], hours: tuple[time, time], people: int = 0) -> None:
        """For people a pattern of days of the month, without them one of weekdays for one."""
        begin, end = hours
        found.append(Pattern(len(found), station, mode, people == 0, days, begin, end, people=people or 1))

    for station in range(STATIONS):
        if station < STREETS:
            add(station, "offline", [1, 2, 3, 4, 5], (time(9), time(11, 30)))
            add(station, "online", [2, 4], (time(14, 30), time(17)))
            add(station, "online", [1 + station % 7], (time(19), time(21)))
        else:
            add(station, "offline", [10, 20], (time(9), time(11, 30)), people=2)
            add(station, "online", [1 + station % 5], (time(10), time(11, 30)))
    return found


def measure(name: str, twice: float, seed: int) -> None:
    """One case: a share of the members is posted to a second station, which ties the stations together."""
    rng = random.Random(seed)
    posted: dict[int, set[int]] = {station: set() for station in range(STATIONS)}
    for member in range(MEMBERS):
        posted[member % STATIONS].add(member)
        if rng.random() < twice:
            posted[rng.randrange(STATIONS)].add(member)
    busy = {}
    for member in rng.sample(range(MEMBERS), LEAVES):
        first = datetime(2026, 12, 1, tzinfo=SHANGHAI) + timedelta(days=rng.randrange(24))
        busy[member] = [(first, first + timedelta(days=rng.randint(2, 10)))]
    carried = {member: rng.randrange(20) for member in range(MEMBERS)}
    began, busy_began = clock.perf_counter(), clock.process_time()
    slots = [
        Slot(n, one.station, one.starts_at, one.ends_at)
        for n, one in enumerate(openings(patterns(), MONTH, WorkCalendar(), SHANGHAI))
    ]
    draft = make_draft(slots, posted=posted, busy=busy, carried=carried)
    took, worked = clock.perf_counter() - began, clock.process_time() - busy_began
    counts = Counter(draft.assigned.values())
    spread = 0
    for people in posted.values():
        same = [
            counts[m] for m in people if m not in busy and sum(m in group for group in posted.values()) == 1
        ]
        spread = max(spread, max(same, default=0) - min(same, default=0))
    print(
        f"{name}: {len(slots)} slots, {len(draft.gaps)} gaps, widest spread within a station {spread}, "
        f"proven {draft.is_proven}, {took:.2f} s ({worked:.2f} s of processor)"
    )


def main() -> None:
    """Every case, the first twice: the first run also loads the solver."""
    measure("each posted once, cold", 0.0, 1)
    measure("each posted once", 0.0, 1)
    measure("a third posted twice", 0.33, 2)
    measure("all posted twice", 1.0, 3)


if __name__ == "__main__":
    main()
