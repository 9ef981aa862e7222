"""Directory: areas, workstations, members, units, sectors, committees, terms."""

from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    """The application."""

    name = "tongxin.directory"
    label = "directory"
