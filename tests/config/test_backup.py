"""A backup taken as the handbook says, restored elsewhere, and proved to be whole."""

import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.config.test_cli import run
from tests.testing.installation import install

LIVE = """
from django.utils import timezone
from tests.testing.district import Journey, build_district
from tongxin.core.contacts import ContactGiven, keep_contact
from tongxin.core.models import Receipt
journey = Journey(build_district()).to_rating()
contact = keep_contact(ContactGiven("林某", "13873120045", "同意"), at=timezone.now())
Receipt.objects.filter(pk=journey.raised.receipt.pk).update(contact=contact)
from django.conf import settings
(settings.MEDIA_ROOT / "ab").mkdir(parents=True)
(settings.MEDIA_ROOT / "ab" / "photo").write_bytes(b"a photo")
"""
READ = """
from tongxin.core.contacts import sealer
from tongxin.core.models import Contact, LedgerEntry
from tongxin.matters.models import Matter
contact = Contact.objects.get()
print("READ", Matter.objects.get().state, LedgerEntry.objects.count() > 5, sealer().unseal(contact.sealed_phone))
"""


@pytest.fixture
def outside() -> Iterator[Path]:
    """A folder the database's own user can be let into."""
    with TemporaryDirectory(prefix="tongxin-") as folder:
        yield Path(folder)


def test_a_dump_with_files_and_keys_brings_everything_back_and_the_ledger_holds(outside: Path) -> None:
    home, other = outside / "home", outside / "other"
    install(home)
    run(home, "manage", "shell", "--no-imports", "-c", LIVE)
    run(home, "database", "pg_dump", "--format", "custom", "--file", str(outside / "tongxin.dump"))
    with tarfile.open(outside / "files.tar.gz", "w:gz") as packed:
        packed.add(home / "files", "files")

    other.mkdir()
    shutil.copy(home / "tongxin_contact_keys.txt", other)
    run(
        other, "database", "pg_restore", "--no-owner", "--exit-on-error", "--single-transaction",
        "--dbname", "tongxin", str(outside / "tongxin.dump"),
    )  # fmt: skip
    with tarfile.open(outside / "files.tar.gz") as packed:
        packed.extractall(other, filter="data")
    verified = run(other, "verify")
    assert "entries hold." in verified
    assert "All 0 entries" not in verified
    assert "READ rating True 13873120045" in run(other, "manage", "shell", "--no-imports", "-c", READ)
    assert (other / "files" / "ab" / "photo").read_bytes() == b"a photo"
    # What was restored is not merely readable: the ledger refuses to be changed there, too.
    refused = run(other, "database", "psql", "-c", "DELETE FROM core_ledgerentry", expect=1)
    assert "Cannot update or delete rows" in refused


def test_without_the_keys_the_doctor_says_that_contacts_are_lost(outside: Path) -> None:
    home, other = outside / "home", outside / "other"
    install(home)
    run(home, "manage", "shell", "--no-imports", "-c", LIVE)
    run(home, "database", "pg_dump", "--format", "custom", "--file", str(outside / "tongxin.dump"))
    run(other, "database", "pg_restore", "--no-owner", "--dbname", "tongxin", str(outside / "tongxin.dump"))
    run(other, "prepare")
    assert "✗ Contact keys" in run(other, "doctor", expect=1)
