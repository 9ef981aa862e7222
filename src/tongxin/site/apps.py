"""Site: layout, components and the pages that belong to no domain."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """The application; its label keeps clear of Django's own sites."""

    name = "tongxin.site"
    label = "tongxin_site"
