"""A fair draft of a roster: who serves which slot. No database, no clock of the machine.

Whoever is posted to a station may serve it, unless they are away or on duty elsewhere at the time; nobody serves two
slots that overlap. Among all such drafts this gives one with

1. as few gaps as there can be, so no gap is left that any rearrangement could fill;
2. then the least sum of squared loads (shifts of the month), which is what makes loads even: wherever moving one
   shift from somebody to somebody with two fewer is allowed, it has been done;
3. then what remains of the choice goes to those who had fewer shifts in the months before.

Without overlaps this is the optimal semi-matching of Harvey, Ladner, Lovász and Tamir (Journal of Algorithms 59,
2006), a flow. Overlaps make it interval scheduling with eligible machines, which is NP-hard, so it is given as an
integer programme to HiGHS (``scipy.optimize.milp``), one for each group of stations that share members: those are
small, and their relaxation is nearly integral. Every answer of the solver is checked here before it is believed.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Span = tuple[datetime, datetime]
SECONDS = 20.0
"""The most the solver takes for one group of stations. It has never needed a tenth of it; after it, the best found."""
PASSES = 2


@dataclass(frozen=True, slots=True)
class Slot:
    """One place to fill. ``key`` is the caller's name for it."""

    key: Hashable
    station: int
    starts_at: datetime
    ends_at: datetime

    @property
    def span(self) -> Span:
        """From when to when."""
        return self.starts_at, self.ends_at


@dataclass(frozen=True, slots=True)
class Draft:
    """Who serves which slot, by the slots' keys; the gaps; and whether the solver proved that it can't be better."""

    assigned: dict[Hashable, int] = field(default_factory=dict)
    gaps: list[Hashable] = field(default_factory=list)
    is_proven: bool = True


class SolverFailed(Exception):
    """The solver gave no draft at all; it says why."""


def overlaps(one: Span, other: Span) -> bool:
    """Whether two spans share a moment; one may begin when the other ends."""
    return one[0] < other[1] and other[0] < one[1]


def make_draft(
    slots: Sequence[Slot],
    *,
    posted: Mapping[int, Collection[int]],
    busy: Mapping[int, Sequence[Span]] | None = None,
    load: Mapping[int, int] | None = None,
    carried: Mapping[int, int] | None = None,
) -> Draft:
    """The best draft in the order of the module's three aims; the same input gives the same draft.

    ``posted``: members by station. ``busy``: when a member can't (leave, shifts and fixed slots elsewhere). ``load``:
    shifts they have in the month besides these slots, which count for evenness. ``carried``: shifts of earlier months.
    Raises :class:`SolverFailed` when the solver breaks down.
    """
    busy, load, carried = busy or {}, load or {}, carried or {}
    able = {
        slot.key: sorted(
            member
            for member in posted.get(slot.station, ())
            if not any(overlaps(slot.span, span) for span in busy.get(member, ()))
        )
        for slot in slots
    }
    draft = Draft(gaps=[slot.key for slot in slots if not able[slot.key]])
    is_proven = True
    for group in _groups([slot for slot in slots if able[slot.key]], able):
        chosen, proven = _Programme(group, able, load, carried).solve()
        is_proven = is_proven and proven
        _check(group, able, chosen)
        _space_out(group, able, chosen)
        _check(group, able, chosen)
        draft.assigned.update(chosen)
        draft.gaps.extend(slot.key for slot in group if slot.key not in chosen)
    return Draft(draft.assigned, draft.gaps, is_proven)


def _groups(slots: Sequence[Slot], able: Mapping[Hashable, Sequence[int]]) -> list[list[Slot]]:
    """Slots that share members, directly or by others: groups that can be solved apart."""
    parent: dict[int, int] = {}

    def root(member: int) -> int:
        parent.setdefault(member, member)
        while parent[member] != member:
            parent[member] = parent[parent[member]]
            member = parent[member]
        return member

    for slot in slots:
        first, *others = able[slot.key]
        for other in others:
            parent[root(other)] = root(first)
    found: dict[int, list[Slot]] = {}
    for slot in sorted(slots, key=lambda each: (each.starts_at, each.ends_at, each.station)):
        found.setdefault(root(able[slot.key][0]), []).append(slot)
    return list(found.values())


@dataclass(slots=True)
class _Kind:
    """Slots alike in station and time: the solver is told how many of them a kind has, not which is which."""

    slots: list[Slot]
    able: list[int]


class _Programme:
    """The integer programme of one group: a variable for each member and kind, a gap for each kind, unary loads."""

    def __init__(
        self,
        slots: Sequence[Slot],
        able: Mapping[Hashable, Sequence[int]],
        load: Mapping[int, int],
        carried: Mapping[int, int],
    ) -> None:
        kinds: dict[tuple[Any, ...], _Kind] = {}
        for slot in slots:
            kind = kinds.setdefault((slot.station, *slot.span), _Kind([], list(able[slot.key])))
            kind.slots.append(slot)
        self.kinds = list(kinds.values())
        self.pairs = [(number, member) for number, kind in enumerate(self.kinds) for member in kind.able]
        self.of_member: dict[int, list[int]] = defaultdict(list)
        for column, (_kind, member) in enumerate(self.pairs):
            self.of_member[member].append(column)
        self.load, self.carried = load, carried
        self._rows: list[list[tuple[int, float]]] = []
        self._low: list[float] = []
        self._high: list[float] = []

    def _row(self, terms: list[tuple[int, float]], low: float, high: float) -> None:
        self._rows.append(terms)
        self._low.append(low)
        self._high.append(high)

    def solve(self) -> tuple[dict[Hashable, int], bool]:
        """Who serves which slot, and whether it is proven to be the best."""
        pairs, kinds = len(self.pairs), len(self.kinds)
        columns = 2 * pairs + kinds  # who serves what; a step of load for each; gaps
        gaps = range(2 * pairs, columns)
        servers: list[list[tuple[int, float]]] = [[(gap, 1.0)] for gap in gaps]
        for column, (number, _member) in enumerate(self.pairs):
            servers[number].append((column, 1.0))
        for kind, terms in zip(self.kinds, servers, strict=True):
            self._row(terms, len(kind.slots), len(kind.slots))
        for own in self.of_member.values():
            self._row([*((c, 1.0) for c in own), *((pairs + c, -1.0) for c in own)], 0, 0)
            for together in self._at_once(own):
                self._row([(column, 1.0) for column in together], 0, 1)
        upper = [1.0] * (2 * pairs) + [float(len(kind.slots)) for kind in self.kinds]
        best, proven = self._best(columns, upper)
        chosen: dict[Hashable, int] = {}
        taken = [0] * kinds
        for column, (number, member) in enumerate(self.pairs):
            if best[column] > 0.5:
                chosen[self.kinds[number].slots[taken[number]].key] = member
                taken[number] += 1
        return chosen, proven

    def _best(self, columns: int, upper: list[float]) -> tuple[Sequence[float], bool]:
        """The evenest draft without a gap; where there is none, the evenest with the fewest gaps."""
        pairs = 2 * len(self.pairs)
        costs = self._costs(columns)
        full = self._run(costs, [*upper[:pairs], *([0.0] * len(self.kinds))])
        if full is not None:
            return full
        few = self._run([0.0] * pairs + [1.0] * len(self.kinds), upper)
        if few is None:
            raise SolverFailed("no draft at all, though leaving every slot empty is one")
        fewest, proven = few
        gaps = range(pairs, columns)
        self._row([(column, 1.0) for column in gaps], 0, round(sum(fewest[column] for column in gaps)))
        best = self._run(costs, upper) or few
        return best[0], proven and best[1]

    def _costs(self, columns: int) -> list[float]:
        """The n-th shift of a member costs 2n − 1: together the square of their load. Carried load decides among equals."""
        ranks = {
            load: rank for rank, load in enumerate(sorted({self.carried.get(m, 0) for m in self.of_member}))
        }
        weight = float((len(ranks) - 1) * len(self.pairs) + 1)
        costs = [0.0] * columns
        for member, own in self.of_member.items():
            before = self.load.get(member, 0)
            for step, column in enumerate(own, 1):
                costs[column] = float(ranks[self.carried.get(member, 0)])
                costs[len(self.pairs) + column] = weight * (2 * (before + step) - 1)
        return costs

    def _at_once(self, own: Sequence[int]) -> list[list[int]]:
        """Of a member's columns, every largest set of slots that run at one moment: of each they serve one at most."""
        spans = {column: self.kinds[self.pairs[column][0]].slots[0].span for column in own}
        found: list[list[int]] = []
        running: list[int] = []
        for column in sorted(own, key=lambda each: (spans[each], each)):
            still = [each for each in running if spans[each][1] > spans[column][0]]
            if len(still) < len(running) and len(running) > 1:
                found.append(running)
            running = [*still, column]
        return [*found, running] if len(running) > 1 else found

    def _run(self, costs: Sequence[float], upper: Sequence[float]) -> tuple[Sequence[float], bool] | None:
        """The solver's answer and whether it is proven; None when there is none."""
        import numpy as np
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import csr_array

        rows = [number for number, terms in enumerate(self._rows) for _term in terms]
        cells = [term for terms in self._rows for term in terms]
        matrix = csr_array(
            ([value for _c, value in cells], (rows, [column for column, _v in cells])),
            shape=(len(self._rows), len(costs)),
        )
        whole = np.zeros(len(costs))
        whole[: len(self.pairs)] = 1
        result = milp(
            np.array(costs),
            integrality=whole,
            bounds=Bounds(0.0, np.array(upper)),
            constraints=LinearConstraint(matrix, self._low, self._high),
            options={"time_limit": SECONDS, "mip_rel_gap": 0.0},
        )
        if result.x is None:
            return None
        return result.x, result.status == 0


def _check(
    slots: Iterable[Slot], able: Mapping[Hashable, Sequence[int]], chosen: Mapping[Hashable, int]
) -> None:
    """Believe no draft that has somebody where they can't be, or in two places."""
    last: dict[int, datetime] = {}
    for slot in sorted(slots, key=lambda each: each.starts_at):
        member = chosen.get(slot.key)
        if member is None:
            continue
        if member not in able[slot.key] or last.get(member, slot.starts_at) > slot.starts_at:
            raise SolverFailed(f"the draft puts member {member} where they can't be: {slot.key}")
        last[member] = slot.ends_at


def _space_out(
    slots: Sequence[Slot], able: Mapping[Hashable, Sequence[int]], chosen: dict[Hashable, int]
) -> None:
    """Take turns: exchange slots of a station between two members while that moves their own shifts further apart.

    Loads and gaps stay as they are.
    """
    own: dict[int, dict[Hashable, Slot]] = defaultdict(dict)
    places: dict[int, list[Slot]] = defaultdict(list)
    for slot in slots:
        if slot.key in chosen:
            own[chosen[slot.key]][slot.key] = slot
            places[slot.station].append(slot)
    day = {slot.key: slot.starts_at.timestamp() / 86400 for slot in slots}
    for _pass in range(PASSES):
        has_moved = False
        for here in places.values():
            for index, one in enumerate(here):
                for other in here[index + 1 :]:
                    if chosen[one.key] != chosen[other.key]:
                        has_moved |= _exchange(one, other, own=own, able=able, chosen=chosen, day=day)
        if not has_moved:
            return


def _exchange(
    one: Slot,
    other: Slot,
    *,
    own: dict[int, dict[Hashable, Slot]],
    able: Mapping[Hashable, Sequence[int]],
    chosen: dict[Hashable, int],
    day: Mapping[Hashable, float],
) -> bool:
    a, b = chosen[one.key], chosen[other.key]
    if a not in able[other.key] or b not in able[one.key]:
        return False
    x, y = day[one.key], day[other.key]
    gain = 0.0  # how near a slot is to somebody's others: less is better
    for key in own[a]:
        if key != one.key:
            gain += 1.0 / (0.5 + abs(x - day[key])) - 1.0 / (0.5 + abs(y - day[key]))
    for key in own[b]:
        if key != other.key:
            gain += 1.0 / (0.5 + abs(y - day[key])) - 1.0 / (0.5 + abs(x - day[key]))
    if gain <= 1e-9 or _meets(other, own[a], one.key) or _meets(one, own[b], other.key):
        return False
    chosen[one.key], chosen[other.key] = b, a
    del own[a][one.key], own[b][other.key]
    own[a][other.key], own[b][one.key] = other, one
    return True


def _meets(slot: Slot, others: Mapping[Hashable, Slot], besides: Hashable) -> bool:
    return any(key != besides and overlaps(slot.span, other.span) for key, other in others.items())
