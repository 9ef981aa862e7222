"""Reads of the public pages that need no role: choices for forms, who holds what receipt, files."""

from functools import cache as made_once
from hashlib import sha256

from django.core.cache import cache
from django.db.models import Count
from psycopg.types.numeric import Int8

from tongxin.core.contacts import phone_digests
from tongxin.core.models import Attachment, Receipt, RecordNumber
from tongxin.core.prepared import Prepared, prepared_cursor
from tongxin.deliberation.models import Meeting
from tongxin.directory.models import Area, Unit, Workstation
from tongxin.matters.models import Category, Matter, Question
from tongxin.matters.process import SIX_STEPS
from tongxin.matters.selectors import LIST_FIELDS, page_of, public_matters

CHOICES_SECONDS = 60
PAGE_FIELDS = (
    "area",
    "street",
    "station",
    "category",
    "convener",
    "decider",
    "lead_unit",
    "survivor",
    "dossier",
    "receipt",
)


def area_groups() -> list[tuple[str, list[tuple[str, str]]]]:
    """Streets with themselves and their communities, as (street, [(code, name)]). Read once a minute."""
    groups: list[tuple[str, list[tuple[str, str]]]] | None = cache.get("area-groups")
    if groups is None:
        streets: dict[int, tuple[str, list[tuple[str, str]]]] = {}
        rows = list(Area.objects.exclude(level=Area.Level.DISTRICT).order_by("code"))
        for area in rows:
            if area.level == Area.Level.STREET:
                streets[area.pk] = (area.name, [(area.code, area.name)])
        for area in rows:
            if area.level == Area.Level.COMMUNITY and area.parent_id in streets:
                streets[area.parent_id][1].append((area.code, area.name))
        groups = list(streets.values())
        cache.set("area-groups", groups, CHOICES_SECONDS)
    return groups


def category_options() -> list[tuple[str, str, str]]:
    """Categories in use, as (code, Chinese name, English name). Read once a minute."""
    found: list[tuple[str, str, str]] | None = cache.get("category-options")
    if found is None:
        found = list(Category.objects.filter(is_active=True).values_list("code", "name", "name_en"))
        cache.set("category-options", found, CHOICES_SECONDS)
    return found


def unit_options() -> list[tuple[str, str]]:
    """Units that have had a public matter to lead, as (code, name). Read once a minute."""
    found: list[tuple[str, str]] | None = cache.get("unit-options")
    if found is None:
        leading = public_matters().exclude(lead_unit=None).order_by().values("lead_unit_id").distinct()
        found = list(Unit.objects.filter(pk__in=leading).order_by("code").values_list("code", "name"))
        cache.set("unit-options", found, CHOICES_SECONDS)
    return found


_area_by_code = Prepared(
    lambda code: Area.objects.exclude(level=Area.Level.DISTRICT).filter(code=code).select_related("parent"),
    code=str,
)


def area_by_code(code: str) -> Area | None:
    """A street or community, and its street. As the choices of a form, it is read once a minute."""
    if not code.isprintable():  # no code of ours, and the database takes no NUL
        return None
    key = f"area:{sha256(code.encode()).hexdigest()}"  # what people send is not always a key
    area: Area | None = cache.get(key)
    if area is None and (area := _area_by_code.first(code=code)):
        cache.set(key, area, CHOICES_SECONDS)
    return area


def category_by_code(code: str) -> Category | None:
    """A category in use."""
    if not code.isprintable():
        return None
    return Category.objects.filter(code=code, is_active=True).first()


_station = Prepared(
    lambda code: Workstation.objects.filter(code__iexact=code, is_active=True).select_related("area__parent"),
    code=str,
)


def station_for(code: str) -> Workstation | None:
    """The active station with this code, its area and street with it."""
    if not code or not code.isprintable():
        return None
    return _station.first(code=code)


def counts_by_step() -> dict[str, int]:
    """How many open matters stand at each of the six steps. One query."""
    counts = {step.code: 0 for step in SIX_STEPS.steps}
    for row in (
        Matter.objects.filter(state__in=SIX_STEPS.open_states())
        .order_by()
        .values("state")
        .annotate(n=Count("pk"))
    ):
        counts[SIX_STEPS.state(row["state"]).step.code] += row["n"]
    return counts


def matters_near(area: Area, limit: int = 5) -> list[Matter]:
    """The newest public matters of a community, or of the whole street. One query."""
    field = "street" if area.level == Area.Level.STREET else "area"
    return page_of(public_matters().filter(**{field: area}), size=limit).items


def matters_at(station: Workstation, limit: int = 8) -> list[Matter]:
    """The newest public matters that came to a station. One query."""
    return page_of(public_matters().filter(station=station), size=limit).items


def matters_led_by(unit: Unit, limit: int = 8) -> list[Matter]:
    """The newest public matters that a unit leads. One query."""
    return page_of(public_matters().filter(lead_unit=unit), size=limit).items


def promises_page(cursor: str = "", size: int = 30) -> tuple[list[Matter], str]:
    """Promises not kept yet, the oldest first, paged by keyset; and the cursor of the next page. One query."""
    rows = public_matters().filter(state="promised").order_by("dossier_id").select_related(*LIST_FIELDS)
    if cursor.isdigit() and len(cursor) < 18:
        rows = rows.filter(dossier_id__gt=int(cursor))
    found = list(rows[: size + 1])
    return found[:size], str(found[size - 1].pk) if len(found) > size else ""


def matter_for_holder(number: str, receipt_ids: list[int]) -> tuple[Matter, Receipt] | None:
    """The matter with this number and the receipt that opens it, when one of the receipts does. Two queries.

    Of several receipts the raiser's own goes first. A matter that never became public is found too.
    """
    receipts = list(
        Receipt.objects.filter(pk__in=receipt_ids, dossier__numbers__slug=number).order_by("pk").distinct()
    )
    if not receipts:
        return None
    matter = Matter.objects.filter(pk=receipts[0].dossier_id).select_related(*PAGE_FIELDS).first()
    if matter is None:
        return None
    own = next((receipt for receipt in receipts if receipt.pk == matter.receipt_id), receipts[0])
    return matter, own


_RATING_RECEIPTS = """
    SELECT r.id, r.dossier_id, r.role FROM core_receipt r WHERE r.id IN ({held}) AND (
      r.dossier_id = $1
      OR (r.role = 'raise' AND EXISTS (SELECT 1 FROM matters_matter m WHERE m.dossier_id = r.dossier_id AND m.survivor_id = $1)))
"""


@made_once
def _rating_receipts(held: int) -> str:
    # One value a receipt, not an array: for that the database would make another plan each time.
    return _RATING_RECEIPTS.format(held=", ".join(f"${number + 2}" for number in range(held)))


def receipt_that_rates(matter: Matter, receipt_ids: list[int]) -> Receipt | None:
    """Of the receipts held (some dozen at most), the one with which its holder rates this matter: the raiser's first,
    then one that joined, then one of a matter merged into it. One query, none without receipts."""
    if not receipt_ids:
        return None
    with prepared_cursor() as cursor:
        cursor.execute(_rating_receipts(len(receipt_ids)), [Int8(pk) for pk in (matter.pk, *receipt_ids)])
        receipts = [Receipt(pk=pk, dossier_id=dossier, role=role) for pk, dossier, role in cursor.fetchall()]
    ranked = sorted(receipts, key=lambda r: (r.pk != matter.receipt_id, r.dossier_id != matter.pk, r.pk))
    return ranked[0] if ranked else None


def dossier_of_number(number: str) -> tuple[int, str] | None:
    """The dossier that has or had this number, public or not, and its kind."""
    return RecordNumber.objects.filter(slug=number).values_list("dossier_id", "dossier__kind").first()


def matters_of_receipts(receipt_ids: list[int]) -> list[tuple[Matter, Receipt]]:
    """What the holder of some receipts follows, newest first. One query."""
    receipts = (
        Receipt.objects.filter(pk__in=receipt_ids, dossier__matter__isnull=False)
        .select_related(*(f"dossier__matter__{name}" for name in LIST_FIELDS))
        .order_by("-pk")
    )
    seen: dict[int, tuple[Matter, Receipt]] = {}
    for receipt in receipts:
        seen.setdefault(receipt.dossier_id, (receipt.dossier.matter, receipt))
    return list(seen.values())


def receipts_of_phone(phone: str) -> list[int]:
    """Receipts whose holder left this phone and has not withdrawn it."""
    return list(
        Receipt.objects.filter(contact__phone_digest__in=phone_digests(phone), contact__withdrawn_at=None)
        .order_by("-pk")
        .values_list("pk", flat=True)[:100]
    )


def open_question(matter: Matter) -> Question | None:
    """What the raiser was asked and has not answered."""
    return Question.objects.filter(matter=matter, answered_at=None).last()


def meeting_of(matter: Matter, pk: int) -> Meeting | None:
    """A meeting of this matter."""
    return Meeting.objects.filter(pk=pk, dossier_id=matter.pk).first()


def attachment_by_token(token: str) -> Attachment | None:
    """A file by the token of its address."""
    if not token.isalnum():
        return None
    return Attachment.objects.filter(token=token).select_related("dossier").first()


def matter_of_dossier(pk: int) -> Matter | None:
    """The matter that a dossier is, with what its rules read."""
    return Matter.objects.filter(pk=pk).select_related(*PAGE_FIELDS).first()
