"""Notices: messages to people."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """The application."""

    name = "tongxin.notices"

    def ready(self) -> None:
        """Register what the doctor looks at, what is measured, and what is sealed here."""
        from tongxin.core.sealed import register_sealed
        from tongxin.notices import diagnosis, gauges, targets  # noqa: F401  (importing them is the registration)
        from tongxin.notices.channels import checks  # noqa: F401  (importing it is the registration)

        targets.register()
        register_sealed("notices.Message", "sealed_address")
        register_sealed("notices.Address", "sealed_address")
        register_sealed("notices.Subscription", "sealed_address")
        register_sealed("notices.FeedKey", "sealed_key")
        register_sealed("notices.Webhook", "sealed_secret")
