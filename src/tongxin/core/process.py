"""The process engine: a process is a table; pages, clocks, rules and tests read the same table.

Nothing in here knows Django models or any domain word. A domain writes its method as two tuples (states and
transitions) and asks the engine what may happen next. Assigning a state is the engine's alone:
:meth:`Process.move` is the only place that does it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol


class Publication(StrEnum):
    """Who may see something. Separate from where it is, how it ended and when it is due."""

    PUBLIC = "public"
    MEMBERS = "members"
    INTERNAL = "internal"


class DayKind(StrEnum):
    """How a clock counts."""

    WORKING = "working"
    CALENDAR = "calendar"


class Expiry(StrEnum):
    """What happens when a clock runs out: somebody is late and is reminded, or the record moves on by itself."""

    ESCALATES = "escalates"
    MOVES_ON = "moves_on"


@dataclass(frozen=True, slots=True)
class Clock:
    """How long a state may last, and what happens then."""

    days: int
    kind: DayKind = DayKind.WORKING
    at_expiry: Expiry = Expiry.ESCALATES


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the method, as drawn on the rail: a code, its one-character seal and its name."""

    code: str
    seal: Any
    label: Any
    action: Any


@dataclass(frozen=True, slots=True)
class State:
    """Where a record can be.

    ``owner`` is the role that has to do something; ``next_up`` says in words what comes next; ``paused`` states
    stop the clock of the state they interrupt; ``kinds`` limits a state to some kinds of record (empty: all).
    """

    code: str
    step: Step
    label: Any
    owner: str
    next_up: Any
    clock: Clock | None = None
    publication: Publication = Publication.PUBLIC
    paused: bool = False
    final: bool = False


@dataclass(frozen=True, slots=True)
class Transition:
    """One thing that can be done to a record.

    ``target`` None means that the record stays where it is (a progress report, a comment). ``roles`` are the roles
    that may do it (each role's scope is the domain's rule). ``artefact`` names what it must leave behind. ``guards``
    name conditions that must hold; each gives a reason a person can read when it does not. ``publication`` is the
    level of the history entry it writes.
    """

    name: str
    sources: tuple[str, ...]
    target: str | None
    label: Any
    roles: tuple[str, ...]
    event: str
    artefact: str | None = None
    guards: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    publication: Publication = Publication.PUBLIC
    page: str = "act"


class Subject(Protocol):
    """What the engine needs to know of a record."""

    state: str
    kind: str
    version: int


class ProcessError(Exception):
    """Base of everything the engine refuses."""


class UnknownTransition(ProcessError):
    """The table has no transition of that name."""


class StepNotReached(ProcessError):
    """The record is not in a state from which this can be done."""

    def __init__(self, transition: "Transition", state: "State") -> None:
        self.transition, self.state = transition, state
        super().__init__(f"{transition.name} cannot be done in state {state.code}")


class GuardFailed(ProcessError):
    """A condition does not hold; ``reason`` is text for the reader."""

    def __init__(self, guard: str, reason: Any) -> None:
        self.guard, self.reason = guard, reason
        super().__init__(f"guard {guard} does not hold")


class ArtefactMissing(ProcessError):
    """The transition must leave an artefact and none was given."""

    def __init__(self, transition: "Transition") -> None:
        self.transition = transition
        super().__init__(f"{transition.name} must leave {transition.artefact}")


Guard = Callable[[Any], Any]
"""A guard gets the record and returns None when it holds, else the reason as text."""


@dataclass(frozen=True)
class Process:
    """A whole method: the steps of its rail, its states and its transitions. Checked when it is made."""

    name: str
    steps: tuple[Step, ...]
    states: tuple[State, ...]
    transitions: tuple[Transition, ...]
    initial: str
    _states: dict[str, State] = field(init=False, repr=False, default_factory=dict)
    _transitions: dict[str, Transition] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        for state in self.states:
            self._states[state.code] = state
        for transition in self.transitions:
            if transition.name in self._transitions:
                raise ValueError(f"{self.name}: two transitions named {transition.name}")
            self._transitions[transition.name] = transition
            for code in (*transition.sources, *([transition.target] if transition.target else [])):
                if code not in self._states:
                    raise ValueError(f"{self.name}: {transition.name} names an unknown state {code}")
        if self.initial not in self._states:
            raise ValueError(f"{self.name}: unknown initial state {self.initial}")

    def state(self, code: str) -> State:
        """The state of that code. Raises KeyError when the table has none."""
        return self._states[code]

    def transition(self, name: str) -> Transition:
        """The transition of that name. Raises :class:`UnknownTransition`."""
        try:
            return self._transitions[name]
        except KeyError:
            raise UnknownTransition(name) from None

    def available(self, subject: Subject) -> list[Transition]:
        """What can be done with the record where it is, whoever asks, in the order of the table."""
        return [
            t
            for t in self.transitions
            if subject.state in t.sources and (not t.kinds or subject.kind in t.kinds)
        ]

    def is_available(self, name: str, subject: Subject) -> bool:
        """Whether the transition can be done where the record is."""
        t = self.transition(name)
        return subject.state in t.sources and (not t.kinds or subject.kind in t.kinds)

    def move(
        self,
        subject: Subject,
        name: str,
        *,
        guards: Mapping[str, Guard],
        artefact: object | None = None,
    ) -> Transition:
        """Carry out a transition on a record that the caller has locked: check it, then set state and version.

        Raises :class:`StepNotReached`, :class:`GuardFailed` or :class:`ArtefactMissing` and then changes nothing.
        """
        transition = self.transition(name)
        if not self.is_available(name, subject):
            raise StepNotReached(transition, self.state(subject.state))
        for guard in transition.guards:
            reason = guards[guard](subject)
            if reason is not None:
                raise GuardFailed(guard, reason)
        if transition.artefact and artefact is None:
            raise ArtefactMissing(transition)
        if transition.target is not None:
            subject.state = transition.target
        subject.version += 1
        return transition

    def open_states(self) -> list[str]:
        """Codes of the states that are not final."""
        return [s.code for s in self.states if not s.final]

    def reachable(self) -> set[str]:
        """Codes of the states that can be reached from the initial one by the table's own targets."""
        seen, queue = {self.initial}, [self.initial]
        while queue:
            here = queue.pop()
            for t in self.transitions:
                if here in t.sources and t.target and t.target not in seen:
                    seen.add(t.target)
                    queue.append(t.target)
        return seen

    def diagram(self, label: Callable[[Any], str] = str) -> Iterable[str]:
        """Lines of a Mermaid state diagram, for the documentation."""
        yield "stateDiagram-v2"
        yield f"    [*] --> {self.initial}"
        for t in self.transitions:
            if t.target:
                for source in t.sources:
                    yield f"    {source} --> {t.target}: {label(t.label)}"
        for s in self.states:
            yield f"    {s.code}: {label(s.step.seal)} {label(s.label)}"
            if s.final:
                yield f"    {s.code} --> [*]"
