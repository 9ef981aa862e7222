"""Who may open which staff page: the table of transitions is the table of access."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.testing.clients import client_of
from tests.testing.district import Journey
from tongxin.matters.process import SIX_STEPS
from tongxin.matters.views.work.table import FORMS, is_for_staff

pytestmark = pytest.mark.django_db

STAGES = {
    "raised": "to_raised",
    "assigned": "to_assigned",
    "deliberating": "to_deliberating",
    "deciding": "to_deciding",
    "decided": "to_decided",
    "published": "to_published",
    "handed_over": "to_handed_over",
    "acting": "to_acting",
    "rating": "to_rating",
}
HOLDERS = {
    "office": {"office"},
    "liaison": {"liaison"},
    # The member is the matter's acting convener.
    "convener": {"convener", "member"},
    "decider": {"decider"},
    "unit": {"unit"},
    "principal": {"principal"},
    "raiser": set(),
    "system": set(),
}


def test_every_transition_for_accounts_has_a_form_and_no_other_has():
    assert set(FORMS) == {each.name for each in SIX_STEPS.transitions if is_for_staff(each)}
    assert not any(is_for_staff(SIX_STEPS.transition(name)) for name in ("answer_more", "withdraw"))


def allowed_for(transition, matter) -> set[str]:
    """Who holds one of the transition's roles here. No unit is asked for a joint part; nobody urges themselves."""
    if transition.name == "report_joint" or (transition.name == "urge" and matter.publication != "public"):
        return set()
    allowed = {name for role in transition.roles for name in HOLDERS[role]}
    return allowed - HOLDERS[SIX_STEPS.state(matter.state).owner] if transition.name == "urge" else allowed


@pytest.mark.parametrize("stage", STAGES)
def test_each_transition_opens_for_its_roles_alone(district, stage):
    journey = Journey(district)
    getattr(journey, STAGES[stage])()
    matter = journey.fresh()
    assert matter.state == stage
    for transition in SIX_STEPS.available(matter):
        if not is_for_staff(transition):
            continue
        allowed = allowed_for(transition, matter)
        for name in district.users:
            response = client_of(district, name).get(
                reverse("work_do", args=[matter.number, transition.name])
            )
            expected = 200 if name in allowed else 404
            assert response.status_code == expected, (stage, transition.name, name)


def test_posting_is_refused_like_reading(district):
    matter = Journey(district).to_deciding().fresh()
    address = reverse("work_do", args=[matter.number, "decide"])
    data = {
        "version": matter.version,
        "result": "adopted",
        "reasons": "装灯",
        "workdays": 20,
        "stage": "confirm",
    }
    for name in (
        "office",
        "member",
        "liaison",
        "convener",
        "unit",
        "other_unit",
        "principal",
        "system_admin",
    ):
        assert client_of(district, name).post(address, data).status_code == 404, name
    matter.refresh_from_db()
    assert matter.state == "deciding"


def test_anonymous_people_are_sent_to_sign_in(district):
    matter = Journey(district).to_assigned().fresh()
    for address in (
        reverse("work_list"),
        reverse("work_search"),
        reverse("work_enter"),
        reverse("work_matter", args=[matter.number]),
        reverse("work_letter", args=[matter.number]),
        reverse("work_do", args=[matter.number, "take_on"]),
    ):
        response = Client().get(address)
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("account_login"))


def test_a_matter_not_yet_public_exists_for_triage_alone(district):
    matter = Journey(district).to_raised().fresh()
    address = reverse("work_matter", args=[matter.number])
    seen = {name for name in district.users if client_of(district, name).get(address).status_code == 200}
    assert seen == {"office", "liaison"}


def test_outsider_gets_404(district):
    matter = Journey(district).to_assigned().fresh()
    assert (
        client_of(district, "other_unit").get(reverse("work_matter", args=[matter.number])).status_code == 404
    )
    assert client_of(district, "office").get(reverse("work_matter", args=["S2020-999"])).status_code == 404
    assert (
        client_of(district, "office").get(reverse("work_do", args=[matter.number, "explode"])).status_code
        == 404
    )


def test_a_step_that_is_over_leads_back_to_the_matter(district):
    matter = Journey(district).to_assigned().fresh()
    response = client_of(district, "office").get(reverse("work_do", args=[matter.number, "ask_more"]))
    assert response.status_code == 302
    assert response["Location"] == reverse("work_matter", args=[matter.number])


def test_units_read_neither_the_raisers_words_nor_the_contact(district):
    journey = Journey(district).to_raised("联系人王小明，电话13812345678，村口早上堵车，想装一个红绿灯。")
    matter = journey.to_assigned().fresh()
    page = client_of(district, "unit").get(reverse("work_matter", args=[matter.number]))
    assert page.status_code == 200
    assert "13812345678" not in page.content.decode()
    assert "王小明" not in page.content.decode()
    assert client_of(district, "unit").post(reverse("work_contact", args=[matter.number])).status_code == 404
    office = client_of(district, "office").get(reverse("work_matter", args=[matter.number])).content.decode()
    assert "<mark>13812345678" in office


def test_only_desks_enter_on_behalf(district):
    address = reverse("work_enter")
    allowed = {name for name in district.users if client_of(district, name).get(address).status_code == 200}
    assert allowed == {"office", "liaison"}
