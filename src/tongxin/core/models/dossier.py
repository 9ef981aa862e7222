"""The dossier (卷宗): the identity that every instrument shares, and what hangs on it."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from tongxin.core.process import Publication

PUBLICATION_CHOICES = [
    (Publication.PUBLIC.value, _("公开")),
    (Publication.MEMBERS.value, _("委员可见")),
    (Publication.INTERNAL.value, _("内部")),
]


class Dossier(models.Model):
    """One record of any instrument. Its id is the instrument's primary key, so whatever hangs on it needs no join."""

    kind = models.CharField(max_length=20)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class NumberSeries(models.Model):
    """The last number given out in one series and year; locked by whoever takes the next, so there are no gaps."""

    series = models.CharField(max_length=8)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "year"], name="one_series_a_year")]

    def __str__(self) -> str:
        return f"{self.series}{self.year}: {self.last}"


class RecordNumber(models.Model):
    """A number a dossier has or had: a matter that grew into the full form keeps its first number as an alias."""

    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="numbers")
    series = models.CharField(max_length=8)
    year = models.PositiveSmallIntegerField()
    serial = models.PositiveIntegerField()
    slug = models.CharField(max_length=24)

    class Meta:
        # Constraints rather than ``unique``: that makes a second index, for searches by a beginning that nobody does.
        constraints = [
            models.UniqueConstraint(fields=["series", "year", "serial"], name="number_given_once"),
            models.UniqueConstraint(fields=["slug"], name="number_of_one_dossier"),
        ]

    def __str__(self) -> str:
        return self.slug


class Instrument(models.Model):
    """Base of every instrument: four separate things — where it is, how it ended, when it is due, who may see it."""

    dossier = models.OneToOneField(
        Dossier, primary_key=True, on_delete=models.PROTECT, related_name="%(class)s"
    )
    number = models.CharField(_("编号"), max_length=24, unique=True)
    kind = models.CharField(max_length=16)
    state = models.CharField(max_length=24)
    outcome = models.CharField(max_length=16, blank=True)
    publication = models.CharField(
        max_length=10, choices=PUBLICATION_CHOICES, default=Publication.INTERNAL.value
    )
    due_on = models.DateField(null=True, blank=True)
    is_due_provisional = models.BooleanField(default=False)
    is_paused = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.number


class Entry(models.Model):
    """What a step left behind: one line of a record's history. Written once, by the action that caused it."""

    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="entries", db_index=False)
    at = models.DateTimeField()
    step = models.CharField(max_length=12)
    event = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    actor_label = models.CharField(max_length=80)
    actor_role = models.CharField(max_length=20)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(blank=True)
    internal_note = models.TextField(blank=True)
    data = models.JSONField(default=dict)
    publication = models.CharField(
        max_length=10, choices=PUBLICATION_CHOICES, default=Publication.PUBLIC.value
    )
    ledger_seq = models.BigIntegerField()
    salt = models.CharField(max_length=32)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["dossier", "-id"])]

    def __str__(self) -> str:
        return f"{self.event} {self.at:%F}"


class Receipt(models.Model):
    """What a person without an account holds: proof of one submission, opened by its tracking code.

    ``token_digest`` is the digest of the signed form token: the same form sent fifty times finds this row.
    ``role`` says what was submitted (raise, me_too, comment, sign_up, help, objection, statement).
    """

    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="receipts", db_index=False)
    role = models.CharField(max_length=12)
    token_digest = models.CharField(max_length=64)
    code_digest = models.CharField(max_length=64)
    contact = models.ForeignKey("core.Contact", null=True, on_delete=models.SET_NULL, related_name="receipts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    label = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["dossier", "code_digest"], name="receipt_by_code")]
        constraints = [models.UniqueConstraint(fields=["token_digest"], name="one_receipt_a_form")]

    def __str__(self) -> str:
        return f"{self.role} {self.pk}"


class Attachment(models.Model):
    """A file after cleaning: images re-encoded without metadata. Bytes live under MEDIA_ROOT by digest."""

    class Stage(models.TextChoices):
        RAISED = "raised", _("提事时")
        BEFORE = "before", _("办前")
        AFTER = "after", _("办后")
        DOCUMENT = "document", _("文件")

    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="attachments")
    entry = models.ForeignKey(Entry, null=True, on_delete=models.PROTECT, related_name="attachments")
    token = models.CharField(max_length=32, unique=True)
    stage = models.CharField(max_length=10, choices=Stage.choices)
    name = models.CharField(max_length=120)
    media_type = models.CharField(max_length=80)
    size = models.PositiveIntegerField()
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    digest = models.CharField(max_length=64)
    description = models.CharField(max_length=200, blank=True)
    publication = models.CharField(
        max_length=10, choices=PUBLICATION_CHOICES, default=Publication.INTERNAL.value
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name
