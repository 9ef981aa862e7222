"""How people want to be told."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tongxin.notices.models.notice import Channel, Concern, Rhythm


class Address(models.Model):
    """Where a user can be reached by a channel; sealed. Used once it is verified (a code sent there was typed in)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="addresses")
    channel = models.CharField(max_length=8, choices=Channel.choices)
    sealed_address = models.TextField()
    language = models.CharField(max_length=10, default="zh-hans")
    verified_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "channel"], name="one_address_a_channel")]

    def __str__(self) -> str:
        return f"{self.channel} of {self.user_id}"


class Preference(models.Model):
    """A user's choice for one concern and channel. Without a row the district's default holds."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="notice_preferences"
    )
    concern = models.CharField(max_length=8, choices=Concern.choices)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    rhythm = models.CharField(max_length=8, choices=Rhythm.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "concern", "channel"], name="one_choice_a_concern_and_channel"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.concern} {self.channel} {self.rhythm}"


class Subscription(models.Model):
    """Somebody follows a matter, an area, a category or a unit: as a user, or by a sealed address without an account.

    ``token_digest`` opens the link that ends it without sign-in.
    """

    class Target(models.TextChoices):
        DOSSIER = "dossier", _("一件事")
        AREA = "area", _("一个地方")
        CATEGORY = "category", _("一类事")
        UNIT = "unit", _("一个单位")

    target = models.CharField(max_length=10, choices=Target.choices)
    target_id = models.BigIntegerField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="subscriptions"
    )
    channel = models.CharField(max_length=8, choices=Channel.choices, default=Channel.INBOX)
    sealed_address = models.TextField(blank=True)
    address_digest = models.CharField(max_length=64, blank=True, db_index=True)
    language = models.CharField(max_length=10, default="zh-hans")
    rhythm = models.CharField(max_length=8, choices=Rhythm.choices, default=Rhythm.DAILY)
    token_digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    confirmed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["target", "target_id"],
                condition=models.Q(ended_at=None, confirmed_at__isnull=False),
                name="subscription_running",
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["target", "target_id", "user"],
                condition=models.Q(ended_at=None, user__isnull=False),
                name="user_follows_once",
            ),
            models.UniqueConstraint(
                fields=["target", "target_id", "address_digest"],
                condition=models.Q(ended_at=None) & ~models.Q(address_digest=""),
                name="address_follows_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.target} {self.target_id} {self.pk}"


class Silence(models.Model):
    """Whoever holds a receipt asked not to be told by a channel any more; their consent to be asked back stands."""

    receipt = models.ForeignKey("core.Receipt", on_delete=models.PROTECT, related_name="silences")
    channel = models.CharField(max_length=8, choices=Channel.choices)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["receipt", "channel"], name="one_silence_a_receipt_and_channel")
        ]

    def __str__(self) -> str:
        return f"silence of receipt {self.receipt_id} {self.channel}"


class FeedKey(models.Model):
    """The secret in the address of a user's private calendar feed; replaced when it got about.

    ``body_digest`` is of what was served last and ``changed_at`` since when it is so: a calendar that asks only for
    what is newer hears of something taken away too.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="feed_key")
    key_digest = models.CharField(max_length=64, unique=True)
    sealed_key = models.TextField()
    made_at = models.DateTimeField()
    body_digest = models.CharField(max_length=64, blank=True)
    changed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"feed of {self.user_id}"
