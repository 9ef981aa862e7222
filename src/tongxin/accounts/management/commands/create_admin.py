"""The first account of a new installation: a security administrator, who then makes all the others."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.accounts.actions.people import AccountRefused, create_user, grant_role, renew_sign_in
from tongxin.accounts.roles import Role, Scope
from tongxin.accounts.selectors import account_named
from tongxin.core.actor import Actor, Assignment

COMMAND_LINE = Actor(role=Role.SYSTEM, label="command line")


class Command(BaseCommand):
    """Make the security administrator, or give them a new link when they lost their way in."""

    help = "Create the security administrator and print a one-time link to set the password."

    def add_arguments(self, parser: CommandParser) -> None:
        """The user name, the name on screen, the site's address."""
        parser.add_argument("username")
        parser.add_argument("--name", default="", help="name shown on screen")
        parser.add_argument(
            "--site", default="", help="address of the site, for example https://example.gov.cn"
        )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        """Create or renew, and print the link."""
        user = account_named(options["username"])
        try:
            if user is None:
                user, token = create_user(
                    actor=COMMAND_LINE,
                    username=options["username"],
                    display_name=options["name"] or options["username"],
                )
                grant_role(user.pk, actor=COMMAND_LINE, role=Role.SECURITY_ADMIN, scope=Scope.DISTRICT)
            elif Assignment(Role.SECURITY_ADMIN) in user.held_roles:
                user, token = renew_sign_in(user.pk, actor=COMMAND_LINE)
            else:
                raise CommandError(_("%(name)s 已经是别的账号，请换一个用户名。") % {"name": user.username})
        except AccountRefused as refused:
            raise CommandError(refused.reason) from None
        link = options["site"].rstrip("/") + reverse("account_welcome", args=[token])
        self.stdout.write(_("请在三天内打开这个链接设置密码，只能用一次："))
        self.stdout.write(link)
