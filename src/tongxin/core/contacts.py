"""Contacts given with consent: sealed, found by a keyed digest, erased on request, every look recorded."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.conf import settings
from django.utils import timezone

from tongxin.core.crypto import Sealer, lookup_digest
from tongxin.core.models import AccessLog, Contact


@dataclass(frozen=True, slots=True)
class ContactGiven:
    """What somebody gave of themselves, with the words they agreed to."""

    name: str
    phone: str
    consent_text: str


@cache
def sealer() -> Sealer:
    """The sealer with this installation's keys."""
    return Sealer(settings.CONTACT_KEYS)


def phone_digest(phone: str) -> str:
    """The keyed digest under which a normalised phone number is kept: the first key's."""
    return lookup_digest(phone, settings.CONTACT_KEYS[0])


def phone_digests(phone: str) -> list[str]:
    """The digests by which a normalised phone number may be found: one for each key, as rows of before a change of
    keys keep theirs until ``tongxin rekey-contacts`` has come to them.
    """
    return [lookup_digest(phone, key) for key in settings.CONTACT_KEYS]


def keep_contact(given: ContactGiven, *, at: datetime) -> Contact:
    """Seal and keep a contact; the phone must be normalised."""
    return Contact.objects.create(
        sealed_name=sealer().seal(given.name) if given.name else "",
        sealed_phone=sealer().seal(given.phone) if given.phone else "",
        phone_digest=phone_digest(given.phone) if given.phone else "",
        consent_text=given.consent_text,
        consented_at=at,
    )


def read_contact(contact: Contact, *, user_id: int, dossier_id: int) -> tuple[str, str]:
    """Name and phone, for somebody whom the caller has found entitled; the look is recorded."""
    AccessLog.objects.create(user_id=user_id, action="contact.read", dossier_id=dossier_id)
    return (
        sealer().unseal(contact.sealed_name) if contact.sealed_name else "",
        sealer().unseal(contact.sealed_phone) if contact.sealed_phone else "",
    )


def erase_contact(contact_id: int) -> None:
    """Blank what identifies the person; the row stays as proof that consent was given and withdrawn."""
    Contact.objects.filter(pk=contact_id).update(
        sealed_name="", sealed_phone="", phone_digest="", withdrawn_at=timezone.now()
    )
