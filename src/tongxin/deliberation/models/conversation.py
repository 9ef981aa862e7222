"""Statements and votes: what the opinion map is drawn from."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from tongxin.deliberation.models.meeting import ParticipantRole

INITIAL_PRIORITY = (0.5 * 0.5 * 9) ** 2
"""The priority formula for a statement nobody has voted on: it is shown early."""


class Conversation(models.Model):
    """A collection of opinions (意见征集) on one record: short statements, and votes on them.

    ``vote_count`` moves with every vote; a snapshot of the map says up to which count it was drawn.
    """

    dossier = models.OneToOneField("core.Dossier", on_delete=models.PROTECT, related_name="conversation")
    question = models.CharField(_("问题"), max_length=120)
    introduction = models.TextField(_("说明"), blank=True)
    opened_at = models.DateTimeField()
    closes_at = models.DateTimeField(_("截止时间"), null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    takes_statements = models.BooleanField(_("参与的人可以写新观点"), default=True)
    is_moderated_first = models.BooleanField(_("新观点先审后上"), default=True)
    takes_guests = models.BooleanField(_("没有账号也可以表态"), default=True)
    smallest_group = models.PositiveSmallIntegerField(_("人数少于此的群体不显示"), default=5)
    participant_count = models.PositiveIntegerField(default=0)
    guest_count = models.PositiveIntegerField(default=0)
    statement_count = models.PositiveIntegerField(default=0)
    vote_count = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.question


class Participant(models.Model):
    """Somebody who votes: an account, the holder of a receipt, or a guest known by a token on their device.

    ``number`` counts from 0 in the conversation and is all that an export says of them. Role and area stand apart
    from the votes: they are for totals above the smallest group, never for a single vote.
    """

    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="participants")
    number = models.PositiveIntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    receipt = models.ForeignKey("core.Receipt", null=True, on_delete=models.PROTECT, related_name="+")
    device_digest = models.CharField(max_length=64, blank=True)
    role = models.CharField(max_length=10, choices=ParticipantRole.choices, default=ParticipantRole.RESIDENT)
    area = models.ForeignKey("directory.Area", null=True, on_delete=models.PROTECT, related_name="+")
    is_imported = models.BooleanField(default=False)
    is_excluded = models.BooleanField(default=False)
    vote_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "number"], name="participant_numbered_once"),
            models.UniqueConstraint(
                fields=["conversation", "user"],
                condition=models.Q(user__isnull=False),
                name="user_takes_part_once",
            ),
            models.UniqueConstraint(
                fields=["conversation", "device_digest"],
                condition=~models.Q(device_digest=""),
                name="device_takes_part_once",
            ),
        ]

    def __str__(self) -> str:
        return f"participant {self.number}"


class Statement(models.Model):
    """One short statement. Removal is visible: by whom and why. Counters move with the votes, in their transaction."""

    class State(models.TextChoices):
        WAITING = "waiting", _("待审")
        SHOWN = "shown", _("已上")
        REMOVED = "removed", _("未采用")

    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="statements")
    number = models.PositiveIntegerField()
    author = models.ForeignKey(Participant, null=True, on_delete=models.PROTECT, related_name="statements")
    token_digest = models.CharField(max_length=64, blank=True)
    text = models.CharField(_("观点"), max_length=400)  # forms take 140; imported ones may be longer
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    is_seed = models.BooleanField(default=False)
    near = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    removed_by_label = models.CharField(max_length=60, blank=True)
    removed_reason = models.CharField(_("理由"), max_length=200, blank=True)
    moderated_at = models.DateTimeField(null=True)
    agree_count = models.PositiveIntegerField(default=0)
    disagree_count = models.PositiveIntegerField(default=0)
    pass_count = models.PositiveIntegerField(default=0)
    extremity = models.FloatField(default=0.0)  # from the map: how far apart it sets people
    priority = models.FloatField(default=INITIAL_PRIORITY)
    meeting = models.ForeignKey(
        "deliberation.Meeting", null=True, on_delete=models.PROTECT, related_name="statements"
    )
    live_from = models.DateTimeField(null=True)  # put to the vote in the room
    live_until = models.DateTimeField(null=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "number"], name="statement_numbered_once"),
            models.UniqueConstraint(
                fields=["token_digest"], condition=~models.Q(token_digest=""), name="statement_sent_once"
            ),
        ]
        indexes = [models.Index(fields=["conversation", "state", "number"], name="statement_by_state")]

    def __str__(self) -> str:
        return f"statement {self.number}"


class Vote(models.Model):
    """One person's vote on one statement; changed in place, with the time of the last change."""

    class Value(models.IntegerChoices):
        DISAGREE = -1, _("不赞成")
        PASS = 0, _("说不准")
        AGREE = 1, _("赞成")

    conversation = models.ForeignKey(
        Conversation, on_delete=models.PROTECT, related_name="votes", db_index=False
    )
    participant = models.ForeignKey(
        Participant, on_delete=models.PROTECT, related_name="votes", db_index=False
    )
    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="votes", db_index=False)
    value = models.SmallIntegerField(choices=Value.choices)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["participant", "statement"], name="one_vote_a_statement"),
            models.CheckConstraint(condition=models.Q(value__range=(-1, 1)), name="vote_is_one_of_three"),
        ]
        indexes = [models.Index(fields=["conversation", "id"], name="votes_of_conversation")]

    def __str__(self) -> str:
        return f"vote {self.pk}"


class MapSnapshot(models.Model):
    """The opinion map as worked out at one moment; the newest is shown. ``result`` holds groups, not people's names."""

    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="snapshots")
    at = models.DateTimeField()
    vote_count = models.PositiveIntegerField()
    milliseconds = models.PositiveIntegerField(default=0)
    mode = models.CharField(max_length=10, default="canonical")
    result = models.JSONField(default=dict)
    state = models.BinaryField(null=True)  # what the next computation starts from: who is grouped, labels

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["conversation", "-id"], name="newest_map")]

    def __str__(self) -> str:
        return f"map {self.pk}"
