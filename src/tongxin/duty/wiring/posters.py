"""What the posters part of duty shows elsewhere, and the job it gives to workers."""

from django.utils.translation import gettext_lazy as _


def register() -> None:
    """Called once, when applications start."""
    from tongxin.core.demo import demo_parts
    from tongxin.core.records import WorkPage, work_pages
    from tongxin.directory.rules import may_keep_portrait
    from tongxin.duty import tasks_posters  # noqa: F401  (importing it makes the job known to workers)
    from tongxin.duty.actions.posters import may_make_posters
    from tongxin.duty.demo.posters import load_posters

    work_pages.append(WorkPage("/work/posters/", _("工作站海报"), may_make_posters))
    work_pages.append(WorkPage("/work/portrait/", _("我的照片"), may_keep_portrait))
    demo_parts.append(load_posters)
