"""Directory: areas, workstations, members, units, sectors, committees, terms."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DirectoryConfig(AppConfig):
    """The application."""

    name = "tongxin.directory"
    label = "directory"

    def ready(self) -> None:
        """Tell the layer below which places roles can be attached to; name its event in the ledger."""
        from tongxin.core.ledger_words import register_words
        from tongxin.directory import scopes

        scopes.register()
        register_words({"directory.changed": _("改了名录")})
