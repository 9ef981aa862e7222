"""The engine: a table says what may happen, and nothing else happens."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongxin.core.process import (
    ArtefactMissing,
    Clock,
    GuardFailed,
    Process,
    State,
    Step,
    StepNotReached,
    Transition,
    UnknownTransition,
)

ONE, TWO = Step("one", "一", "One", "One"), Step("two", "二", "Two", "Two")


@dataclass
class Thing:
    state: str = "a"
    kind: str = "x"
    version: int = 1


def make(**changes) -> Process:
    table = {
        "states": (
            State("a", ONE, "A", "clerk", "next", Clock(3)),
            State("b", TWO, "B", "clerk", "next"),
            State("c", TWO, "C", "clerk", "next", final=True),
        ),
        "transitions": (
            Transition("go", ("a",), "b", "Go", ("clerk",), "went", artefact="paper"),
            Transition("note", ("a", "b"), None, "Note", ("clerk",), "noted"),
            Transition("end", ("b",), "c", "End", ("clerk",), "ended", guards=("dry",), kinds=("x",)),
        ),
    }
    return Process("test", (ONE, TWO), initial="a", **(table | changes))


def test_moves_and_counts_versions():
    process, thing = make(), Thing()
    process.move(thing, "go", guards={}, artefact="paper")
    assert (thing.state, thing.version) == ("b", 2)


def test_a_transition_without_target_stays():
    process, thing = make(), Thing()
    process.move(thing, "note", guards={})
    assert (thing.state, thing.version) == ("a", 2)


def test_refuses_and_changes_nothing():
    process = make()
    thing = Thing()
    with pytest.raises(StepNotReached):
        process.move(thing, "end", guards={"dry": lambda _t: None})
    with pytest.raises(ArtefactMissing):
        process.move(thing, "go", guards={})
    with pytest.raises(UnknownTransition):
        process.move(thing, "fly", guards={})
    assert thing == Thing()


def test_a_guard_gives_its_reason():
    process, thing = make(), Thing(state="b")
    with pytest.raises(GuardFailed) as refused:
        process.move(thing, "end", guards={"dry": lambda _t: "it rains"})
    assert refused.value.reason == "it rains"
    assert thing.state == "b"


def test_kinds_limit_a_transition():
    process = make()
    assert process.is_available("end", Thing(state="b"))
    assert not process.is_available("end", Thing(state="b", kind="y"))


def test_a_wrong_table_is_refused_when_made():
    with pytest.raises(ValueError, match="unknown state"):
        make(transitions=(Transition("go", ("a",), "nowhere", "Go", ("clerk",), "went"),))
    same = Transition("go", ("a",), "b", "Go", ("clerk",), "went")
    with pytest.raises(ValueError, match="two transitions"):
        make(transitions=(same, same))


@given(st.lists(st.sampled_from(["go", "note", "end"]), max_size=12), st.booleans())
def test_whatever_is_tried_the_thing_stays_within_the_table(names, dry):
    process, thing = make(), Thing()
    for name in names:
        before = (thing.state, thing.version)
        offered = {t.name for t in process.available(thing)}
        try:
            process.move(thing, name, guards={"dry": lambda _t: None if dry else "wet"}, artefact="paper")
        except (StepNotReached, GuardFailed):
            assert (thing.state, thing.version) == before
            assert name not in offered or not dry
        else:
            assert name in offered
            assert thing.version == before[1] + 1
        assert thing.state in process.reachable()
