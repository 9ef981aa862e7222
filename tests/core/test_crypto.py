"""Sealed contacts, digests, and phone numbers as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongxin.core.crypto import (
    PhoneInvalid,
    PhoneProblem,
    Sealer,
    UnsealFailed,
    digest,
    lookup_digest,
    normalise_phone,
    salted_digest,
)

OLD, NEW = "an old secret of the station", "a new secret of the station"
sealer = Sealer([NEW, OLD])


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_sealed_text_opens_again_and_hides_its_content(text: str) -> None:
    sealed = sealer.seal(text)
    assert sealer.unseal(sealed) == text
    assert sealed.isascii()
    assert sealed != sealer.seal(text)


def test_rotation_keeps_old_contacts_readable() -> None:
    sealed = Sealer([OLD]).seal("张某")
    assert sealer.unseal(sealed) == "张某"
    rotated = sealer.rotate(sealed)
    assert Sealer([NEW]).unseal(rotated) == "张某"
    with pytest.raises(UnsealFailed):
        Sealer([NEW]).unseal(sealed)


@pytest.mark.parametrize("sealed", ["", "nonsense", "汉字", "gAAAAA=="])
def test_what_was_not_sealed_does_not_open(sealed: str) -> None:
    with pytest.raises(UnsealFailed):
        sealer.unseal(sealed)
    with pytest.raises(UnsealFailed):
        sealer.rotate(sealed)


def test_altered_text_does_not_open() -> None:
    sealed = sealer.seal("13800000000")
    middle = len(sealed) // 2
    altered = sealed[:middle] + ("A" if sealed[middle] != "A" else "B") + sealed[middle + 1 :]
    with pytest.raises(UnsealFailed):
        sealer.unseal(altered)


@pytest.mark.parametrize("keys", [[], [""], [NEW, ""], "one string"])
def test_sealing_needs_keys(keys: list[str]) -> None:
    with pytest.raises(ValueError, match="keys"):
        Sealer(keys)


def test_sealer_shows_no_key() -> None:
    assert NEW not in repr(sealer)
    assert NEW not in str(vars(sealer))


def test_known_digests() -> None:
    assert digest(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    # GB/T 32905-2016, appendix A.1
    assert digest(b"abc", "sm3") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    with pytest.raises(ValueError, match="md5"):
        digest(b"abc", "md5")


def test_salt_changes_the_digest() -> None:
    assert salted_digest("text", "a") != salted_digest("text", "b")
    assert salted_digest("text", "a") == digest(b"a\ntext")
    assert salted_digest("text", "a", "sm3") == digest(b"a\ntext", "sm3")


def test_lookup_digest_is_keyed_and_stable() -> None:
    one = lookup_digest("13800000000", OLD)
    assert one == lookup_digest("13800000000", OLD)
    assert one != lookup_digest("13800000000", NEW)
    assert one != lookup_digest("13800000001", OLD)
    assert len(one) == 64


@pytest.mark.parametrize(
    ("typed", "phone"),
    [
        ("13800000000", "13800000000"),
        (" 138 0000 0000 ", "13800000000"),
        ("138-0000-0000", "13800000000"),
        ("+86 13800000000", "13800000000"),
        ("+86-138-0000-0000", "13800000000"),
        ("008613800000000", "13800000000"),
        ("8613800000000", "13800000000"),
        ("１３８００００００００", "13800000000"),
        ("\u202d138\u200b00000000\u202c", "13800000000"),
        ("19900000000", "19900000000"),
        ("0731-88886666", "0731-88886666"),
        ("073188886666", "0731-88886666"),
        ("(0731) 8888 6666", "0731-88886666"),
        ("（0731）8888-6666", "0731-88886666"),
        ("0731 8888666", "0731-8888666"),
        ("010-65550000", "010-65550000"),
        ("+86 731 8888 6666", "0731-88886666"),
        ("+86 10 6555 0000", "010-65550000"),
        ("0731-88886666-801", "0731-88886666-801"),
        ("0731 88886666转801", "0731-88886666-801"),
    ],
)
def test_phone_in_its_one_form(typed: str, phone: str) -> None:
    assert normalise_phone(typed) == phone
    assert normalise_phone(phone) == phone


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", PhoneProblem.EMPTY),
        ("  - ", PhoneProblem.EMPTY),
        ("没有电话", PhoneProblem.NOT_DIGITS),
        ("1380000000O", PhoneProblem.NOT_DIGITS),
        ("1380000٠000", PhoneProblem.NOT_DIGITS),
        ("1380000000", PhoneProblem.ONE_SHORT),
        ("138000000", PhoneProblem.TOO_SHORT),
        ("138000000000", PhoneProblem.ONE_LONG),
        ("1380000000000", PhoneProblem.TOO_LONG),
        ("12800000000", PhoneProblem.UNKNOWN_RANGE),
        ("88886666", PhoneProblem.NO_AREA_CODE),
        ("8888666", PhoneProblem.NO_AREA_CODE),
        ("58800000000", PhoneProblem.UNKNOWN_RANGE),
        ("0731-888", PhoneProblem.BAD_LANDLINE),
        ("010-6555000", PhoneProblem.BAD_LANDLINE),
        ("0731-888866667", PhoneProblem.BAD_LANDLINE),
    ],
)
def test_what_is_wrong_with_a_phone_is_said(typed: str, reason: PhoneProblem) -> None:
    with pytest.raises(PhoneInvalid) as caught:
        normalise_phone(typed)
    assert caught.value.reason is reason
    assert str(caught.value.message).endswith("。")
    assert typed.strip(" -") == "" or typed not in str(caught.value)


def test_one_digit_short_is_said_in_words() -> None:
    with pytest.raises(PhoneInvalid) as caught:
        normalise_phone("1380000000")
    assert str(caught.value.message) == "手机号少了一位，请再看看。"


@given(st.text())
def test_any_text_is_a_phone_or_refused(typed: str) -> None:
    try:
        phone = normalise_phone(typed)
    except PhoneInvalid:
        return
    assert normalise_phone(phone) == phone
