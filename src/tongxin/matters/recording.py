"""Matters as one of the kinds of record: numbers, tracking, and who may read their files."""

from collections.abc import Collection, Sequence

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from tongxin.accounts.roles import Role
from tongxin.core.actor import Actor
from tongxin.core.models import Attachment
from tongxin.core.records import Followed, RecordKind
from tongxin.matters.artefacts import may_read_file
from tongxin.matters.presenters import sentence_of
from tongxin.matters.public_selectors import matter_of_dossier, matters_of_receipts


def _may_read(
    actor: Actor | None, dossier_id: int, attachment: Attachment, receipts: Collection[int]
) -> bool:
    matter = matter_of_dossier(dossier_id)
    if matter is None:
        return False
    actors = [actor]
    if matter.receipt_id in receipts:
        actors.append(Actor(role=Role.RAISER, label="提事人", receipt_id=matter.receipt_id))
    return any(may_read_file(one, matter, attachment) for one in actors)


def _followed(receipt_ids: Sequence[int]) -> list[Followed]:
    return [
        Followed(reverse("track_matter", args=[matter.number]), matter.title, str(sentence_of(matter)))
        for matter, _receipt in matters_of_receipts(list(receipt_ids))
    ]


MATTER_KIND = RecordKind(
    code="matter",
    track_url=lambda number: reverse("track_matter", args=[number]),
    may_read_file=_may_read,
    followed=_followed,
    series={"S": _("微建议〔%(year)s〕%(serial)s号"), "C": _("微协商〔%(year)s〕%(serial)s号")},
    names={"微建议": "S", "SUGGESTION": "S", "微协商": "C", "CONSULTATION": "C"},
)
