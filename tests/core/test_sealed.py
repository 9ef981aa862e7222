"""A change of keys: everything sealed is sealed anew, nothing is lost, contacts are found throughout."""

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import models
from django.utils import timezone

from tongxin.core import contacts, sealed
from tongxin.core.contacts import ContactGiven, keep_contact, phone_digest, phone_digests
from tongxin.core.crypto import Sealer
from tongxin.core.models import Contact
from tongxin.core.sealed import reseal_all

OLD, NEW = "the-old-key-of-this-test", "the-new-key-of-this-test"


@pytest.fixture
def keys(settings):
    """Sets the keys, as a restart with another environment would."""

    def use(*given: str) -> None:
        settings.CONTACT_KEYS = list(given)
        contacts.sealer.cache_clear()

    use(OLD)
    yield use
    contacts.sealer.cache_clear()


def keep(count: int = 1) -> list[Contact]:
    """Contacts with phones 13800000000 and on."""
    return [
        keep_contact(ContactGiven("林某", f"138{number:08d}", "同意"), at=timezone.now())
        for number in range(count)
    ]


def by_phone(phone: str) -> Contact | None:
    """Found as a look-up by phone finds it."""
    return Contact.objects.filter(phone_digest__in=phone_digests(phone)).first()


@pytest.mark.django_db
def test_afterwards_the_old_key_can_go(keys) -> None:
    (contact,) = keep()
    keys(NEW, OLD)
    assert by_phone("13800000000") == contact
    done = reseal_all()
    assert (done.changed, done.unreadable) == (1, 0)
    keys(NEW)
    contact.refresh_from_db()
    assert contacts.sealer().unseal(contact.sealed_phone) == "13800000000"
    assert contacts.sealer().unseal(contact.sealed_name) == "林某"
    assert contact.phone_digest == phone_digest("13800000000")
    assert by_phone("13800000000") == contact


@pytest.mark.django_db
def test_it_may_stop_anywhere_and_be_repeated(keys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed, "BATCH", 3)
    kept = keep(8)
    keys(NEW, OLD)
    calls = 0
    rotate = Sealer.rotate

    def stops(self: Sealer, text: str) -> str:
        nonlocal calls
        calls += 1
        if calls == 9:  # in the second batch: two texts a contact
            raise KeyboardInterrupt
        return rotate(self, text)

    monkeypatch.setattr(Sealer, "rotate", stops)
    with pytest.raises(KeyboardInterrupt):
        reseal_all()
    monkeypatch.setattr(Sealer, "rotate", rotate)
    under_new = sum(
        row.phone_digest == phone_digest(f"138{i:08d}")
        for i, row in enumerate(Contact.objects.order_by("pk"))
    )
    assert under_new == 3
    assert [by_phone(f"138{number:08d}") for number in range(8)] == kept
    late = keep_contact(ContactGiven("", "13900000000", "同意"), at=timezone.now())
    assert reseal_all().changed == 5
    assert reseal_all().changed == 0
    keys(NEW)
    assert [by_phone(f"138{number:08d}") for number in range(8)] == kept
    assert by_phone("13900000000") == late


@pytest.mark.django_db
def test_what_no_key_opens_is_counted_and_left(keys, capsys) -> None:
    keep()
    keys(NEW)
    with pytest.raises(SystemExit) as ended:
        call_command("rekey_contacts")
    assert ended.value.code == 1
    assert "Drop no key" in capsys.readouterr().err
    keys(OLD)
    assert contacts.sealer().unseal(Contact.objects.get().sealed_phone) == "13800000000"
    keys(NEW, OLD)
    call_command("rekey_contacts")
    assert "can be taken out" in capsys.readouterr().out


@pytest.mark.django_db
def test_erased_contacts_stay_erased(keys) -> None:
    (contact,) = keep()
    contacts.erase_contact(contact.pk)
    keys(NEW, OLD)
    assert reseal_all().unreadable == 0
    contact.refresh_from_db()
    assert (contact.sealed_phone, contact.phone_digest) == ("", "")


@pytest.mark.django_db
def test_second_factors_are_sealed_anew_too(keys, django_user_model) -> None:
    from allauth.mfa.models import Authenticator

    user = django_user_model.objects.create(username="somebody")
    totp = Authenticator.objects.create(
        user=user, type="totp", data={"secret": contacts.sealer().seal("ABC")}
    )
    codes = Authenticator.objects.create(
        user=user, type="recovery_codes", data={"seed": contacts.sealer().seal("seed"), "used_mask": 5}
    )
    keys(NEW, OLD)
    assert reseal_all().changed == 2
    keys(NEW)
    totp.refresh_from_db()
    codes.refresh_from_db()
    assert contacts.sealer().unseal(totp.data["secret"]) == "ABC"
    assert contacts.sealer().unseal(codes.data["seed"]) == "seed"
    assert codes.data["used_mask"] == 5


def test_every_sealed_column_is_named() -> None:
    named = sealed.registered()
    for model in apps.get_models():
        columns = {
            field.name
            for field in model._meta.get_fields()
            if isinstance(field, models.Field) and field.name.startswith("sealed_")
        }
        label = model._meta.label
        assert columns == set(named[label].columns if label in named else ()), label
