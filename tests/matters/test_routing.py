"""Units are suggested with evidence that can be counted: likeness of words, and who handles the category."""

import pytest

from tests.testing.district import District, build_district
from tongxin.core.receipts import new_token
from tongxin.matters.actions import raising, triage
from tongxin.matters.models import Category, Matter
from tongxin.matters.routing import suggested_units_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def district(db: None) -> District:
    """The small district."""
    return build_district()


def raised(district: District, text: str, category: Category | None = None) -> Matter:
    """A matter that waits for triage."""
    matter = raising.raise_matter(
        actor=raising.passer_by(), token=new_token("raise"), text=text, area=district.community, category=category
    ).matter  # fmt: skip
    return Matter.objects.get(pk=matter.pk)


def handled(district: District, text: str, unit, category: Category) -> Matter:
    """A matter accepted and led by a unit."""
    matter = raised(district, text)
    triage.accept_suggestion(
        matter, actor=district.actor("office"), title=text[:20], text=text, category=category, lead_unit=unit, seen_version=None
    )  # fmt: skip
    return matter


@pytest.fixture
def noise(district: District) -> Category:
    """Another category than the district's own."""
    return Category.objects.get_or_create(code="noise_test", defaults={"name": "噪声", "name_en": "Noise"})[0]


def test_alike_in_words_goes_to_who_handled_it_and_says_how_many(district: District, noise: Category):
    for text in ("村口红绿灯坏了没人修", "路口红绿灯不亮，早上堵车"):
        handled(district, text, district.department, district.category)
    handled(district, "夜里烧烤摊噪声大睡不着", district.other_department, noise)
    matter = raised(district, "村口的红绿灯又坏了，早上堵车")
    first = suggested_units_of([matter])[matter.pk][0]
    assert (first.unit, first.count, first.total, first.same_total) == (district.department, 2, 2, 0)


def test_without_likeness_the_category_speaks(district: District, noise: Category):
    for n in range(3):
        handled(district, f"烧烤摊第{n}次吵到半夜", district.other_department, noise)
    handled(district, "歌厅音响太响", district.department, noise)
    matter = raised(district, "楼下装修电钻", noise)
    found = suggested_units_of([matter])[matter.pk]
    assert [(one.unit, one.same, one.same_total, one.total) for one in found] == [
        (district.other_department, 3, 4, 0),
        (district.department, 1, 4, 0),
    ]


def test_nothing_alike_and_no_category_suggests_nothing(district: District):
    handled(district, "村口红绿灯坏了没人修", district.department, district.category)
    matter = raised(district, "想学书法")
    assert matter.pk not in suggested_units_of([matter])


def test_a_page_of_matters_takes_three_queries(district: District, django_assert_num_queries):
    handled(district, "村口红绿灯坏了没人修", district.department, district.category)
    matters = [raised(district, f"村口红绿灯坏了没人修，第{n}次", district.category) for n in range(6)]
    with django_assert_num_queries(3):
        assert len(suggested_units_of(matters)) == 6
