"""Tracking codes: readable, tolerant of how they are typed, kept as digests only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongxin.core.tracking import (
    ALPHABET,
    CodeInvalid,
    CodeProblem,
    code_digest,
    code_from,
    normalise_code,
)

codes = st.text(st.sampled_from(ALPHABET), min_size=10, max_size=10).map(
    lambda code: f"{code[:5]}-{code[5:]}"
)


def test_alphabet_has_nothing_to_mistake() -> None:
    assert not set("ILOU01") & set(ALPHABET)
    assert len(set(ALPHABET)) == len(ALPHABET) == 30


def test_codes_are_grouped_and_differ() -> None:
    made = {code_from(f"token {n}", "key") for n in range(500)}
    assert len(made) == 500
    for code in made:
        assert normalise_code(code) == code
        assert len(code) == 11
        assert code[5] == "-"


def test_code_of_a_token_is_always_the_same_and_needs_the_key() -> None:
    code = code_from("token", "key")
    assert code == code_from("token", "key") == normalise_code(code)
    assert code != code_from("token", "other key")
    assert len({code_from(f"token {n}", "key") for n in range(500)}) == 500


def test_code_of_a_token_uses_the_whole_alphabet() -> None:
    assert set("".join(code_from(str(n), "key") for n in range(200))) == {*ALPHABET, "-"}


@given(codes, st.sampled_from(["lower", "spaces", "wide", "dashes", "bare"]))
def test_typed_in_any_way(code: str, way: str) -> None:
    typed = {
        "lower": code.lower(),
        "spaces": " " + " ".join(code.replace("-", "")) + "\n",
        "wide": "".join(chr(ord(char) + 0xFEE0) for char in code),
        "dashes": code.replace("-", " — "),
        "bare": code.replace("-", ""),
    }[way]
    assert normalise_code(typed) == code
    assert code_digest(typed, "key") == code_digest(code, "key")


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", CodeProblem.WRONG_LENGTH),
        ("ABCDE", CodeProblem.WRONG_LENGTH),
        ("ABCDE-FGHJK2", CodeProblem.WRONG_LENGTH),
        ("ABCDE-FGHJ0", CodeProblem.NEVER_USED),
        ("ABCDE-FGHJo", CodeProblem.NEVER_USED),
        ("1BCDE-FGHJK", CodeProblem.NEVER_USED),
        ("查询码ABCDEFG", CodeProblem.UNKNOWN),
        ("ABCDE/FGHJK", CodeProblem.UNKNOWN),
        ("ABCDE-FGHJ٣", CodeProblem.UNKNOWN),
        ("ABCDE\x00FGHJK", CodeProblem.UNKNOWN),
    ],
)
def test_no_code_of_ours(typed: str, reason: CodeProblem) -> None:
    with pytest.raises(CodeInvalid) as caught:
        normalise_code(typed)
    assert caught.value.reason is reason
    assert "查询码" in str(caught.value.message)


@given(st.text())
def test_any_text_is_a_code_or_refused(typed: str) -> None:
    try:
        code = normalise_code(typed)
    except ValueError:
        return
    assert normalise_code(code) == code


def test_digests_depend_on_code_and_key_and_hide_the_code() -> None:
    digest = code_digest("ABCDE-FGHJK", "key")
    assert len(digest) == 64
    assert digest != code_digest("ABCDE-FGHJM", "key")
    assert digest != code_digest("ABCDE-FGHJK", "other")
    assert "ABCDE" not in digest.upper()
