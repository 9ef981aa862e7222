"""What happens in the room: votes put to those who are there, and support for questions of a hearing."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tongxin.deliberation.models.conversation import Statement, Vote
from tongxin.deliberation.models.meeting import AgendaItem, Meeting, Question, SignUp


class RoomVote(models.Model):
    """A statement put to the vote of those in the room. It stands apart from the opinion map, which counts people
    wherever they are.

    ``hands`` are raised hands counted by the desk, by role: ``{"resident": [agree, disagree, pass]}``. ``result`` is
    what the vote came to when it was closed; ballots by role are folded together where too few people share a role.
    """

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="room_votes")
    item = models.ForeignKey(AgendaItem, null=True, on_delete=models.PROTECT, related_name="room_votes")
    statement = models.ForeignKey(Statement, null=True, on_delete=models.PROTECT, related_name="room_votes")
    text = models.CharField(_("表决的观点"), max_length=140)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    hands = models.JSONField(default=dict)
    result = models.JSONField(default=dict)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["meeting"], condition=models.Q(closed_at=None), name="one_open_vote_a_meeting"
            )
        ]

    def __str__(self) -> str:
        return f"room vote {self.pk}"


class RoomBallot(models.Model):
    """One person's vote in the room; changed in place until the vote is closed. Never shown by itself."""

    vote = models.ForeignKey(RoomVote, on_delete=models.PROTECT, related_name="ballots", db_index=False)
    sign_up = models.ForeignKey(SignUp, on_delete=models.PROTECT, related_name="ballots")
    value = models.SmallIntegerField(choices=Vote.Value.choices)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vote", "sign_up"], name="one_ballot_a_person"),
            models.CheckConstraint(condition=models.Q(value__range=(-1, 1)), name="ballot_is_one_of_three"),
        ]

    def __str__(self) -> str:
        return f"ballot {self.pk}"


class QuestionSupport(models.Model):
    """Somebody else wants the same question answered: once a person or device, known by a keyed digest only."""

    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="supports", db_index=False)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["question", "digest"], name="question_supported_once")]

    def __str__(self) -> str:
        return f"support {self.pk}"
