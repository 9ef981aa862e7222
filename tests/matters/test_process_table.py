"""The table of the six steps, walked whole."""

from pathlib import Path

import pytest

from tongxin.accounts.roles import Role
from tongxin.matters import process
from tongxin.matters.process import SIX_STEPS, STEPS, TRANSITIONS
from tongxin.matters.rules import GUARDS, HOLDS


def test_six_steps_in_their_order():
    assert "".join(step.seal for step in STEPS) == "提议定晒办评"


def test_every_state_is_reachable():
    assert SIX_STEPS.reachable() == {state.code for state in SIX_STEPS.states}


def test_every_open_state_can_be_left_and_no_final_one_can():
    for state in SIX_STEPS.states:
        leaving = [t for t in TRANSITIONS if state.code in t.sources and t.target]
        assert bool(leaving) is not state.final, state.code


@pytest.mark.parametrize("transition", TRANSITIONS, ids=lambda t: t.name)
def test_each_transition_has_roles_rules_guards_and_an_event(transition):
    assert transition.roles
    assert all(role in HOLDS for role in transition.roles)
    assert all(guard in GUARDS for guard in transition.guards)
    assert "." in transition.event


def test_the_conference_never_decides():
    deciding = [t for t in TRANSITIONS if t.artefact == "decision"]
    assert deciding
    for transition in deciding:
        assert set(transition.roles) <= {Role.DECIDER, Role.UNIT}


def test_the_whole_method_stays_on_one_screen():
    assert len(Path(process.__file__).read_text().splitlines()) < 100
