"""The duty diary in a browser: axe finds nothing, nothing is too wide, and own words go public only after a look."""

from collections.abc import Callable

import pytest

from tests.browser.test_axe import LOOKS, faults_of, look_at
from tests.testing.browser import PHONE
from tests.testing.diaries import diary_arguments
from tests.testing.district import District
from tongxin.duty.models import DiaryEntry


@pytest.mark.parametrize("look", LOOKS)
def test_every_page(meet: Callable, district: District, look: str):
    made = diary_arguments(district)
    entry, contest, year = made["diary"][0], made["contest"][0], made["record"][1]
    code = district.member.code
    DiaryEntry.objects.filter(pk=entry).update(publication="public", words="和社区一起走了一遍接送路线。")
    record = f"/work/records/{code}/{year}/"
    faults = []
    for name, paths in {
        None: [f"/members/{code}/", "/members/"],
        "member": [
            "/work/diary/",
            "/work/diary/?kind=desk",
            "/work/diary/new/",
            "/work/diary/missing/",
            f"/work/diary/{entry}/",
            f"/work/diary/{entry}/contest/",
            "/work/contests/",
            f"/work/contests/{contest}/",
            record,
        ],
        "office": ["/work/records/", "/work/contests/", f"/work/contests/{contest}/", record],
    }.items():
        person = meet(name, cookies=LOOKS[look], bypass_csp=True, width=PHONE)
        faults += look_at(person, paths)
        person.context.close()
    assert faults == []


def test_own_words_go_public_only_after_a_look(meet: Callable, district: District):
    member = meet("member", width=PHONE, bypass_csp=True)
    member.go("/work/diary/new/")
    page = member.page
    page.fill("#id_words", "李先生的电话是13912345678，楼道灯已经报修。")
    page.check("input[name=publication][value=public]")
    with page.expect_navigation():
        page.click("main form button.act")
    assert not DiaryEntry.objects.exists()
    assert "13912345678" in page.inner_text("main .quote")
    assert "13912345678" not in page.input_value("#id_words")
    assert faults_of(member, "preview") == []
    with page.expect_navigation():
        page.click("main form button.act")
    entry = DiaryEntry.objects.get()
    assert entry.publication == "public"
    assert "13912345678" not in entry.words
    # What was typed on the phone is forgotten once it is written down.
    member.go("/work/diary/new/")
    assert page.input_value("#id_words") == ""
