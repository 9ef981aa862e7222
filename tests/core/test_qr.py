"""QR codes, read as a phone reads them: from a picture, by another program than the one that drew them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.testing.scanning import scan
from tongxin.core.qr import qr_inline, qr_poster

ADDRESS = "https://tongxin.example.gov.cn/track/?number=S2026-{number}#{code}"


@settings(max_examples=25, deadline=None)
@given(
    number=st.integers(1, 999_999),
    code=st.text("ABCDEFGHJKMNPQRSTVWXYZ23456789", min_size=11, max_size=11),
)
def test_the_code_of_a_receipt_leads_to_its_page_with_its_tracking_code(tmp_path_factory, number, code):
    address = ADDRESS.format(number=number, code=code)
    assert scan(str(qr_inline(address)), tmp_path_factory.mktemp("qr")) == address


@pytest.mark.parametrize("station", ["BH001", "BH114"])
def test_the_code_of_a_poster_leads_to_the_station(tmp_path, station):
    address = f"https://tongxin.example.gov.cn/raise/?station={station}"
    assert scan(qr_poster(address).decode(), tmp_path) == address


def test_a_torn_poster_can_still_be_scan(tmp_path):
    address = "https://tongxin.example.gov.cn/raise/?station=BH001"
    torn = qr_poster(address).decode().replace("</svg>", '<path fill="#fff" d="M0 19h6v4h-6z"/></svg>')
    assert torn != qr_poster(address).decode()
    assert scan(torn, tmp_path) == address
