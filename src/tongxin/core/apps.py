"""Core: what every instrument shares, without a domain word in it."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """The application."""

    name = "tongxin.core"

    def ready(self) -> None:
        """Register what the doctor looks at, what is measured, and what is sealed here."""
        from tongxin.core import diagnosis, gauges  # noqa: F401  (importing them is the registration)
        from tongxin.core.sealed import register_sealed

        register_sealed(
            "core.Contact", "sealed_name", "sealed_phone", digests={"phone_digest": "sealed_phone"}
        )
