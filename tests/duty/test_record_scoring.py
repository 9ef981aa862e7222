"""Scores: what the rules promise whatever is done, and what can never be configured."""

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongxin.duty.scores import KINDS, check_scores, rules_in_force
from tongxin.duty.scoring import PER, Rule, Scored, read_rules, score

FIRST = date(2026, 1, 1)
deeds = st.lists(
    st.builds(
        Scored,
        kind=st.sampled_from(KINDS),
        day=st.integers(0, 40).map(lambda n: FIRST + timedelta(days=n)),
        source=st.sampled_from([f"s{n}" for n in range(12)]),
        minutes=st.none() | st.integers(0, 300),
    ),
    max_size=60,
)
rules = st.lists(
    st.builds(
        Rule,
        kind=st.sampled_from(KINDS),
        points=st.integers(1, 50).map(lambda n: Decimal(n) / 2),
        cap_per_year=st.integers(1, 60).map(Decimal),
        per=st.sampled_from(PER),
        at_least_minutes=st.sampled_from([0, 0, 30, 120]),
    ),
    max_size=6,
    unique_by=lambda rule: rule.kind,
)


@given(rules, deeds, deeds)
def test_more_deeds_never_give_less(rules, some, more):
    before, after = score(rules, some), score(rules, [*some, *more])
    assert after.points >= before.points
    assert all(b.points >= a.points for a, b in zip(before.lines, after.lines, strict=True))


@given(rules, deeds)
def test_no_line_is_above_its_cap_and_the_sum_is_that_of_the_lines(rules, some):
    found = score(rules, some)
    assert all(0 <= line.points <= line.rule.cap_per_year for line in found.lines)
    assert found.points == sum(line.points for line in found.lines)
    assert all(
        line.is_capped == (line.rule.points * line.count > line.rule.cap_per_year) for line in found.lines
    )


@given(rules, deeds, st.randoms(use_true_random=False))
def test_the_order_changes_nothing(rules, some, rng: random.Random):
    shuffled = list(some)
    rng.shuffle(shuffled)
    assert score(rules, shuffled) == score(rules, some)


@given(rules, deeds)
def test_the_same_deed_again_adds_nothing(rules, some):
    assert score(rules, [*some, *some]) == score(rules, some)


@given(deeds)
def test_two_entries_about_one_thing_count_once(some):
    rule = Rule("matter", Decimal(1), Decimal(1000))
    found = score([rule], some)
    assert found.points == len({deed.source for deed in some if deed.kind == "matter"})


def test_per_day_and_month_and_a_threshold():
    def deed(day: int, source: str, minutes: int | None = 60) -> Scored:
        return Scored("duty", FIRST + timedelta(days=day), source, minutes)

    done = [deed(0, "a"), deed(0, "b"), deed(3, "c"), deed(35, "d"), deed(36, "e", 20), deed(37, "f", None)]
    count = {per: score([Rule("duty", Decimal(2), Decimal(99), per, 30)], done).lines[0].count for per in PER}
    assert count == {"source": 4, "day": 3, "month": 2}


def test_off_without_configuration(settings):
    assert settings.TONGXIN["duty_scores"] is None
    assert rules_in_force() == []
    assert check_scores(None) == []


@pytest.mark.parametrize(
    ("configured", "words"),
    [
        ([{"kind": "own", "points": 1, "cap_per_year": 5}], "never sign-ins, likes, minutes or own words"),
        ([{"kind": "login", "points": 1, "cap_per_year": 5}], "'login'"),
        ([{"kind": "like", "points": 1, "cap_per_year": 5}], "'like'"),
        ([{"kind": "duty", "points": 1, "cap_per_year": 5, "per": "minute"}], "never minutes"),
        ([{"kind": "duty", "points": 1}], "cap_per_year"),
        ([{"kind": "duty", "points": -1, "cap_per_year": 5}], "points"),
        ([{"kind": "duty", "points": True, "cap_per_year": 5}], "points"),
        ([{"kind": "duty", "points": "nan", "cap_per_year": 5}], "points"),
        ([{"kind": "duty", "points": 1, "cap_per_year": 5, "per_like": 2}], "per_like"),
        ([{"kind": "duty", "points": 1, "cap_per_year": 5}] * 2, "a second time"),
        ([{"kind": ["duty"], "points": 1, "cap_per_year": 5}], "counts ['duty']"),
        (["duty"], "no object"),
        ({"kind": "duty"}, "must be a list"),
    ],
)
def test_what_cannot_be_configured(settings, configured, words):
    settings.TONGXIN = {**settings.TONGXIN, "duty_scores": configured}
    found = check_scores(None)
    assert found
    assert all(one.id == "duty.E001" for one in found)
    assert any(words in one.msg for one in found)
    assert rules_in_force() == []


def test_what_can_be_configured(settings):
    rule = {"kind": "duty", "points": "1.5", "cap_per_year": 20, "per": "day", "at_least_minutes": 60}
    settings.TONGXIN = {**settings.TONGXIN, "duty_scores": [rule]}
    assert check_scores(None) == []
    assert rules_in_force() == [Rule("duty", Decimal("1.5"), Decimal(20), "day", 60)]
    assert read_rules(None, KINDS) == ([], [])
