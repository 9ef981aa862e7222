"""Directory: areas, workstations, members, units, sectors, committees, terms."""

from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    """The application."""

    name = "tongxin.directory"
    label = "directory"

    def ready(self) -> None:
        """Tell the layer below which places roles can be attached to."""
        from tongxin.directory import scopes

        scopes.register()
