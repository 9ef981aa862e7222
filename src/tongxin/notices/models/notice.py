"""The outbox: a notice is written in the transaction of its cause, and becomes deliveries, which messages carry.

Notice (who is to be told what) → Delivery (one person, one channel, at once or in a digest) → Message (what leaves).
"""

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    """How somebody is reached. The inbox is the page a signed-in person reads; it needs no message."""

    INBOX = "inbox", _("站内消息")
    EMAIL = "email", _("邮件")
    SMS = "sms", _("短信")
    WECHAT = "wechat", _("微信")
    WEBHOOK = "webhook", _("接口推送")


class Rhythm(models.TextChoices):
    """How often somebody wants to hear."""

    NOW = "now", _("随时")
    DAILY = "daily", _("每天一次")
    WEEKLY = "weekly", _("每周一次")
    NEVER = "never", _("不要")


class Concern(models.TextChoices):
    """Why somebody is told: it is theirs to do, a clock runs out, it is their own matter, or they follow it."""

    DUTY = "duty", _("要我办的")
    CLOCK = "clock", _("到期提醒")
    OWN = "own", _("我提的、我参与的")
    FOLLOWED = "followed", _("我关注的")


class Notice(models.Model):
    """One event told to one addressee. ``key`` names cause and addressee, so the same is never told twice.

    The addressee is a user, the holder of a receipt, whoever holds a role in a scope, a subscription, a webhook, or
    the followers of the targets named in ``targets`` (lists of ids by kind: dossier, area, category, unit).
    ``data`` fills the text of ``template`` and holds no personal data.
    """

    key = models.CharField(max_length=160)
    template = models.CharField(max_length=60)
    data = models.JSONField(default=dict)
    concern = models.CharField(max_length=8, choices=Concern.choices)
    dossier = models.ForeignKey(
        "core.Dossier", null=True, on_delete=models.PROTECT, related_name="notices", db_index=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="notices"
    )
    receipt = models.ForeignKey("core.Receipt", null=True, on_delete=models.PROTECT, related_name="notices")
    role = models.CharField(max_length=16, blank=True)
    scope = models.CharField(max_length=12, blank=True)
    scope_id = models.BigIntegerField(default=0)
    targets = models.JSONField(null=True)
    at = models.DateTimeField()
    dispatched_at = models.DateTimeField(null=True)
    by_user_id = models.BigIntegerField(null=True)  # who did it: nobody is told of their own act
    is_past = models.BooleanField(db_default=False)  # brought in afterwards: to be read, not to ring for

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(dispatched_at=None), name="notice_to_dispatch"),
            models.Index(fields=["dossier", "-id"], name="notice_of_dossier"),
        ]
        constraints = [models.UniqueConstraint(fields=["key"], name="told_once")]

    def __str__(self) -> str:
        return f"{self.template} {self.pk}"


class Message(models.Model):
    """What leaves by one channel: one text to one address. The address is sealed; the text carries no personal data
    but a one-time code, and is blanked when it was sent outside the demo.

    ``key`` is given to the provider with every try, so that a try repeated after a crash can be recognised.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("待发")
        SENDING = "sending", _("发送中")
        SENT = "sent", _("已发")
        DEAD = "dead", _("发不出")
        DROPPED = "dropped", _("不再发")

    key = models.UUIDField(db_default=RandomUUID(), unique=True)
    channel = models.CharField(max_length=8, choices=Channel.choices, default=Channel.SMS)
    purpose = models.CharField(
        max_length=60, blank=True
    )  # template, "code" or "digest": providers have texts by purpose
    sealed_address = models.TextField()
    subject = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    data = models.JSONField(default=dict)
    language = models.CharField(max_length=10, default="zh-hans")
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.QUEUED)
    is_urgent = models.BooleanField(default=False)  # a one-time code: at any hour, before everything else
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    send_after = models.DateTimeField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    provider = models.CharField(max_length=40, blank=True)
    provider_reference = models.CharField(max_length=80, blank=True)
    error_kind = models.CharField(max_length=20, blank=True)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["channel", "send_after"],
                condition=models.Q(status__in=["queued", "sending"]),
                name="message_waiting",
            ),
            models.Index(fields=["-id"], condition=models.Q(status="dead"), name="message_dead"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.pk}"


class Delivery(models.Model):
    """A notice on its way to one person by one channel. In the inbox it is read; elsewhere a message carries it."""

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="deliveries")
    channel = models.CharField(max_length=8, choices=Channel.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="deliveries"
    )
    receipt = models.ForeignKey(
        "core.Receipt", null=True, on_delete=models.PROTECT, related_name="deliveries"
    )
    subscription = models.ForeignKey(
        "notices.Subscription", null=True, on_delete=models.PROTECT, related_name="deliveries"
    )
    webhook = models.ForeignKey(
        "notices.Webhook", null=True, on_delete=models.PROTECT, related_name="deliveries"
    )
    person_key = models.CharField(
        max_length=40
    )  # u12, r7, s3, a…, w1: whom, for the uniqueness below; see unsubscribing
    rhythm = models.CharField(max_length=8, choices=Rhythm.choices, default=Rhythm.NOW)
    due_at = models.DateTimeField()
    message = models.ForeignKey(Message, null=True, on_delete=models.PROTECT, related_name="deliveries")
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["notice", "channel", "person_key"], name="told_once_by_a_channel")
        ]
        indexes = [
            models.Index(fields=["user", "-id"], condition=models.Q(channel="inbox"), name="inbox_newest"),
            models.Index(
                fields=["user"], condition=models.Q(channel="inbox", read_at=None), name="inbox_unread"
            ),
            models.Index(
                fields=["due_at"],
                condition=models.Q(message=None) & ~models.Q(channel="inbox"),
                name="delivery_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.notice_id} {self.person_key}"
