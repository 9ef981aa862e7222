"""What a digest says: each thing once, under the heading of what somebody follows, with its own way to end it."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tongxin.notices.models import Delivery, Notice, Subscription
from tongxin.notices.targets import Target, targets_of
from tongxin.notices.texts import Rendered, absolute, render
from tongxin.notices.unsubscribing import unsubscribe_path

DIGEST = "digest"
"""The purpose of a message that folds several; providers have a text of their own for it."""
LINES = 40
"""The longest digest; what is more is counted and read on the site."""


class Words:
    """Texts of one batch: what is told to many is put into words once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, str], Rendered] = {}

    def of(self, notice: Notice, language: str) -> Rendered:
        """The notice's text in a language."""
        key = (notice.template, json.dumps(notice.data, sort_keys=True), language)
        if key not in self._known:
            self._known[key] = render(notice.template, notice.data, language)
        return self._known[key]


@dataclass(frozen=True, slots=True)
class Headings:
    """Over what the lines of one subscription stand: what it follows, found for a whole batch at once."""

    subscriptions: Mapping[int, Subscription]
    targets: Mapping[tuple[str, int], Target]

    def of(self, subscription_id: int) -> str:
        """The heading in the language of the moment; what is no longer public is named by its kind alone."""
        one = self.subscriptions[subscription_id]
        target = self.targets.get((one.target, one.target_id))
        kind = one.get_target_display()
        return _("您关注的%(kind)s：%(name)s") % {"kind": kind, "name": target.name} if target else kind


def headings_of(subscription_ids: Collection[int]) -> Headings:
    """What these subscriptions follow. One query, and one for each kind of target among them; none for none."""
    if not subscription_ids:
        return Headings({}, {})
    found = Subscription.objects.in_bulk(subscription_ids)
    return Headings(found, targets_of(list(found.values())))


def sections_of(group: Sequence[Delivery]) -> list[int]:
    """The subscriptions of one address that meet in a message; none where there is only one."""
    found = list(dict.fromkeys(each.subscription_id for each in group if each.subscription_id))
    return found if len(found) > 1 else []


def digest(
    group: Sequence[Delivery], language: str, words: Words, headings: Headings | None = None
) -> tuple[str, str, dict[str, Any]]:
    """Subject, text and data of a digest: repeated events on one record are one line, the latest, with their count.

    With ``headings`` what several subscriptions of one address brought stands apart, each with the link that ends it.
    """
    folded: dict[Any, list[Delivery]] = defaultdict(list)
    for delivery in group:
        notice = delivery.notice
        section = delivery.subscription_id if headings else None
        folded[section, notice.dossier_id or f"template {notice.template}"].append(delivery)
    newest = sorted(folded.items(), key=lambda one: (one[1][-1].notice.at, one[1][-1].pk), reverse=True)
    lines: dict[int | None, list[str]] = defaultdict(list)
    for (section, _record), events in newest[:LINES]:
        lines[section].append(_line(events, language, words))
    count = len({record for _section, record in folded})
    subject = ngettext("%(count)s件事有新进展", "%(count)s件事有新进展", count) % {"count": count}
    text = [f"{subject}："]
    for section, said in lines.items():
        if headings and section:
            end = absolute(unsubscribe_path(f"s{section}", group[0].channel))
            text += ["", headings.of(section), *said, _("不再关注这一项：%(url)s") % {"url": end}]
        else:
            text += said
    if len(newest) > LINES:
        text.append(_("……还有%(count)s件，请到网上看。") % {"count": len(newest) - LINES})
    return subject, "\n".join(text), {"count": count, "line": subject, "url": absolute("/")}


def _line(events: Sequence[Delivery], language: str, words: Words) -> str:
    rendered = words.of(events[-1].notice, language)
    line = rendered.line
    if len(events) > 1:
        line = _("%(line)s（共%(count)s次）") % {"line": line, "count": len(events)}
    return f"· {line}" + (f"\n  {rendered.url}" if rendered.url else "")
