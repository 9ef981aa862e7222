"""The ledger: nobody alters it unnoticed, and anybody can check it alone."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tongxin.core import ledger, offline_verifier
from tongxin.core.models import LedgerEntry


def append(count: int, *, is_public: bool = True) -> None:
    for index in range(count):
        with transaction.atomic():
            ledger.append("test.happened", body={"n": index}, at=timezone.now(), is_public=is_public)


def tamper(sql: str) -> None:
    """What somebody with the database's own password could do: switch the trigger off first."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(sql)
        cursor.execute("SET session_replication_role = origin")


@pytest.mark.django_db
def test_an_untouched_chain_holds():
    append(5)
    assert ledger.verify() == (5, None)


@pytest.mark.django_db
@pytest.mark.parametrize("digest", ["sha256", "sm3"])
@hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    bodies=st.lists(
        st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
            st.text(st.characters(exclude_categories=["Cs"])) | st.integers() | st.none() | st.booleans(),
            max_size=4,
        ),
        min_size=1,
        max_size=4,
    )
)
def test_whatever_a_body_says_the_chain_made_by_the_database_is_the_one_checked_here(
    settings, digest, bodies
):
    settings.TONGXIN = {**settings.TONGXIN, "digest": digest}
    with transaction.atomic():
        before = ledger.verify()
        for body in bodies:
            ledger.append("test.happened", body=body, at=timezone.now())
        assert ledger.verify() == (before[0] + len(bodies), None)
        lines = list(ledger.public_lines())
        assert offline_verifier.verify(lines, digest)[2] is None
        transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.parametrize("sql", ["UPDATE core_ledgerentry SET event = 'x'", "DELETE FROM core_ledgerentry"])
def test_the_database_refuses_update_and_delete(sql):
    append(2)
    with (
        pytest.raises(DatabaseError, match="Cannot update or delete"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)
    assert ledger.verify() == (2, None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sql", "seq", "kind"),
    [
        (
            "UPDATE core_ledgerentry SET body = replace(body, '\"n\":2', '\"n\":9') WHERE seq = 3",
            3,
            "altered",
        ),
        ("UPDATE core_ledgerentry SET at = at + interval '1 day' WHERE seq = 2", 2, "altered"),
        ("UPDATE core_ledgerentry SET event = 'other.thing' WHERE seq = 4", 4, "altered"),
        ("DELETE FROM core_ledgerentry WHERE seq = 3", 3, "missing"),
        ("DELETE FROM core_ledgerentry WHERE seq >= 4", 4, "cut off"),
        ("DELETE FROM core_ledgerentry", 1, "cut off"),
        (
            "UPDATE core_ledgerentry SET seq = CASE seq WHEN 2 THEN 903 ELSE 902 END WHERE seq IN (2, 3);"
            "UPDATE core_ledgerentry SET seq = seq - 900 WHERE seq > 900",
            2,
            "reordered",
        ),
    ],
)
def test_verify_names_the_first_fault(sql, seq, kind):
    append(5)
    tamper(sql)
    _count, fault = ledger.verify()
    assert fault == ledger.Fault(seq, kind)


@pytest.mark.django_db(transaction=True)
def test_needs_the_transaction_of_its_cause():
    with pytest.raises(transaction.TransactionManagementError):
        ledger.append("test.happened", body={}, at=timezone.now())


@pytest.mark.django_db
def test_the_download_verifies_offline_and_hides_what_is_internal(tmp_path):
    append(2)
    append(1, is_public=False)
    append(2)
    file = tmp_path / "ledger.jsonl"
    file.write_text("".join(ledger.public_lines()), encoding="utf-8")
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [("body" in line) for line in lines] == [True, True, False, True, True]
    script = Path(offline_verifier.__file__)
    head = f"5:{lines[-1]['digest']}"
    good = subprocess.run(
        [sys.executable, "-S", "-I", script, file, "--head", head],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (good.returncode, good.stdout) == (0, "All 5 entries hold, 4 of them public.\n")
    file.write_text("".join(json.dumps(line) + "\n" for line in lines[:4]))
    cut = subprocess.run(
        [sys.executable, "-S", "-I", script, file, "--head", head],
        capture_output=True,
        text=True,
        check=False,
    )
    assert cut.returncode == 1
    assert "cut off" in cut.stdout


CHAIN: list[str] = []


@pytest.mark.django_db
@hypothesis_settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
@given(data=st.data())
def test_any_single_change_of_a_download_is_found(data):
    if not CHAIN:
        append(6)
        CHAIN.extend(ledger.public_lines())
    lines = [json.loads(line) for line in CHAIN]
    where = data.draw(st.integers(0, len(lines) - 1))
    how = data.draw(
        st.sampled_from(["body", "at", "body_digest", "previous", "digest", "salt", "drop", "swap"])
    )
    if how == "drop":
        # Dropping the last line needs the noted head to be found.
        head = (lines[-1]["seq"], lines[-1]["digest"])
        del lines[where]
    elif how == "swap":
        head = None
        other = (where + 1) % len(lines)
        lines[where], lines[other] = lines[other], lines[where]
    else:
        head = None
        lines[where][how] = lines[where][how][:-1] + ("0" if lines[where][how][-1] != "0" else "1")
    _count, _public, fault = offline_verifier.verify([json.dumps(line) for line in lines], head=head)
    assert fault is not None


@pytest.mark.django_db
def test_the_body_is_canonical():
    append(1)
    body = LedgerEntry.objects.get(seq=1).body
    assert body == ledger.canonical(json.loads(body))
