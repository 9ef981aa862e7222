"""The site's own pages, and what every page promises: small, without inline code, readable."""

import gzip
import re
from pathlib import Path

import pytest
from django.test import Client

import tongxin

PACKAGE = Path(tongxin.__file__).parent
STATIC = PACKAGE / "site" / "static" / "site"
STYLESHEET = (STATIC / "tongxin.css").read_text()
TEMPLATES = sorted(PACKAGE.glob("*/templates/**/*.html"))


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/privacy/", "/about/"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_pages_about_the_site_are_in_one_language(client: Client, address: str, language: str):
    client.cookies["django_language"] = language
    response = client.get(address)
    assert response.status_code == 200
    page = response.content.decode()
    main = page[page.index("<main") : page.index("</main>")]
    words = re.sub(r"<[^>]*>|天心区", "", main)
    assert bool(re.search(r"[\u4e00-\u9fff]", words)) == (language == "zh-hans")


@pytest.mark.django_db
def test_privacy_page_names_the_rights_and_where_to_use_them(client: Client):
    page = client.get("/privacy/").content.decode()
    for word in ("查看", "更正", "删掉", "撤回", "184"):
        assert word in page
    assert 'href="/track/"' in page


@pytest.mark.django_db
def test_style_page_is_not_there_outside_demo_and_development(client: Client, settings):
    settings.DEMO = settings.DEBUG = False
    assert client.get("/style/").status_code == 404
    settings.DEMO = True
    page = client.get("/style/").content.decode()
    for component in ("rail", "mini", "chip late", "field", "bar", "line", "responsive", "columns"):
        assert f'class="{component}' in page


@pytest.mark.django_db
def test_switches_and_navigation_work_without_a_script(client: Client):
    page = client.get("/about/").content.decode()
    assert 'action="/settings/elder/"' in page
    assert 'action="/settings/language/"' in page
    assert 'class="skip" href="#main"' in page
    for address in ("/raise/", "/matters/", "/board/", "/stations/", "/track/", "/ledger/", "/privacy/"):
        assert f'href="{address}"' in page
    assert 'href="/work/"' not in page


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_templates_hold_no_inline_style_or_script(path: Path):
    text = path.read_text()
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"<style", text)
    assert not re.search(r"\son\w+\s*=\s*[\"']", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert "javascript:" not in text


def test_stylesheet_and_script_stay_small():
    assert len(gzip.compress(STYLESHEET.encode())) < 15_000
    assert len(gzip.compress((STATIC / "tongxin.js").read_bytes())) < 6_000


def test_stylesheet_asks_for_nothing_from_elsewhere():
    assert "url(" not in STYLESHEET
    assert "@import" not in STYLESHEET
    for face in re.findall(
        r"@font-face\s*{[^}]*}", STYLESHEET
    ):  # names of fonts that are on the device already
        assert set(re.findall(r"src:|local\(|url\(", face)) == {"src:", "local("}


def _tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{3,6})", block))


def _luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    if len(digits) == 3:
        digits = "".join(2 * d for d in digits)
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2, between 1 and 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


BASE = _tokens(STYLESHEET[: STYLESHEET.index("/* ground */")].split(":root[data-elder]")[0])
ELDER = BASE | _tokens(STYLESHEET[STYLESHEET.index(":root[data-elder]") : STYLESHEET.index("/* ground */")])


@pytest.mark.parametrize("tokens", [BASE, ELDER], ids=["base", "elder"])
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("ink", "paper"),
        ("ink", "card"),
        ("muted", "paper"),
        ("muted", "card"),
        ("muted", "soft"),
        ("sky", "paper"),
        ("sky", "card"),
        ("sky", "sky-soft"),
        ("jade", "jade-soft"),
        ("amber", "amber-soft"),
        ("cinnabar-deep", "cinnabar-soft"),
        ("cinnabar-deep", "card"),
        ("card", "cinnabar"),
        ("card", "jade"),
    ],
)
def test_text_contrast_is_at_least_four_and_a_half(tokens: dict[str, str], text: str, ground: str):
    assert contrast(tokens[text], tokens[ground]) >= 4.5


@pytest.mark.parametrize("ground", ["paper", "card"])
def test_edges_of_controls_can_be_seen(ground: str):
    assert contrast(BASE["edge"], BASE[ground]) >= 3
    assert contrast(BASE["focus"], BASE[ground]) >= 3
