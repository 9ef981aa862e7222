"""Ratings: counted once and in full whoever else is at it, and refused when the matter moved on meanwhile."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.testing.district import District, Journey, build_district
from tests.testing.threads import at_once
from tongxin.accounts.roles import Role
from tongxin.core import ledger
from tongxin.core.actor import Actor
from tongxin.core.models import LedgerEntry
from tongxin.core.receipts import new_token
from tongxin.matters.actions import raising, rating
from tongxin.matters.actions.step import NotAllowed
from tongxin.matters.models import Matter, Rating

TALLIES = ("rating_count", "solved_count", "partly_count", "attitude_sum", "result_sum")


def joined(matter: Matter, count: int) -> list[Actor]:
    """So many people who have it too."""
    return [
        Actor(
            role=Role.PARTICIPANT,
            label="参与者",
            receipt_id=raising.join_matter(
                matter, actor=raising.passer_by(), token=new_token("me_too")
            ).receipt.pk,
        )
        for _index in range(count)
    ]


def rate(matter: Matter, actor: Actor, *, solved: str = "yes", attitude: int = 5, result: int = 4) -> Rating:
    return rating.rate_matter(matter, actor=actor, solved=solved, attitude=attitude, result=result)


def tallies(matter: Matter) -> tuple[int, ...]:
    return Matter.objects.values_list(*TALLIES).get(pk=matter.pk)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("digest", ["sha256", "sm3"])
def test_everybody_at_once_is_counted(settings, digest: str):
    settings.TONGXIN = {**settings.TONGXIN, "digest": digest}
    journey = Journey(build_district())
    journey.to_rating()
    matter = journey.fresh()
    people = joined(matter, 12)
    seen = journey.fresh()  # all of them read it before anybody rated
    results = at_once(12, lambda index: rate(seen, people[index], solved="yes" if index % 3 else "partly"))
    assert [type(result) for result in results] == [Rating] * 12
    assert tallies(matter) == (12, 8, 4, 60, 48)
    assert Rating.objects.filter(matter=matter).count() == 12
    assert LedgerEntry.objects.filter(event="matter.rated_by").count() == 12
    assert ledger.verify()[1] is None


@pytest.mark.django_db(transaction=True)
def test_one_person_at_once_from_several_windows_is_counted_once():
    journey = Journey(build_district())
    journey.to_rating()
    seen = journey.fresh()
    results = at_once(6, lambda _index: rate(seen, journey.raiser))
    assert sum(isinstance(result, Rating) for result in results) == 1
    assert sum(isinstance(result, rating.AlreadyRated) for result in results) == 5
    assert tallies(seen) == (1, 1, 0, 5, 4)
    assert LedgerEntry.objects.filter(event="matter.rated_by").count() == 1
    assert ledger.verify()[1] is None


def test_who_read_it_before_somebody_acted_is_counted_in_the_round_that_runs(district: District):
    """A member's rating reaches a matter that was sent back and done again: the round is the new one."""
    journey = Journey(district).to_rating()
    seen = journey.fresh()
    rate(journey.fresh(), journey.raiser, solved="no", attitude=1, result=1)
    reopened = journey.fresh()
    assert reopened.reopen_count == 1
    member = district.actor("member")
    with pytest.raises(NotAllowed):
        rate(seen, member)
    journey.finish()
    again = rate(seen, member)
    assert again.round == journey.fresh().rating_round == seen.rating_round + 1
    assert tallies(seen) == (1, 1, 0, 5, 4)


def test_the_unit_s_view_of_itself_is_kept_beside_the_score(district: District):
    journey = Journey(district).to_rating()
    rate(journey.fresh(), district.actor("unit"))
    assert tallies(journey.fresh()) == (0, 0, 0, 0, 0)
    assert Rating.objects.get().rater == Rating.Rater.UNIT
    assert LedgerEntry.objects.filter(event="matter.rated_by").count() == 1


def test_a_usual_rating_locks_nothing_and_asks_nothing_more(district: District):
    journey = Journey(district).to_rating()
    matter, member = journey.fresh(), district.actor("member")
    with CaptureQueriesContext(connection) as asked:
        rate(matter, member)
    statements = [one["sql"] for one in asked if "SAVEPOINT" not in one["sql"]]
    assert len(statements) == 1
    assert "FOR UPDATE" not in statements[0]
