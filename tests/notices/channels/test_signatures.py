"""Signatures against the examples printed in the providers' documentation."""

from hashlib import sha256

from tongxin.notices.channels import aliyun, tencent, webhook

EMPTY = sha256(b"").hexdigest()
RUN_INSTANCES = {"ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd", "RegionId": "cn-shanghai"}


def _aliyun_headers(date: str, nonce: str) -> dict[str, str]:
    return {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": EMPTY,
        "x-acs-date": date,
        "x-acs-signature-nonce": nonce,
        "x-acs-version": "2014-05-26",
    }


def test_aliyun_as_in_its_documentation() -> None:
    """The fixed example of the V3 signature (v3-request-structure-and-signature), in two editions of the page."""
    query = aliyun.canonical_query(RUN_INSTANCES)
    for date, nonce, expected in [
        (
            "2023-10-26T10:22:32Z",
            "3156853299f313e23d1673dc12e1703d",
            "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
        ),
        (
            "2023-10-26T09:01:01Z",
            "d410180a5abf7fe235dd9b74aca91fc0",
            "e521358f7776c97df52e6b2891a8bc73026794a071b50c3323388c4e0df64804",
        ),
    ]:
        assert aliyun.authorization(
            "YourAccessKeyId", "YourAccessKeySecret", query=query, headers=_aliyun_headers(date, nonce)
        ) == (
            "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;"
            f"x-acs-date;x-acs-signature-nonce;x-acs-version,Signature={expected}"
        )


def test_aliyun_encodes_by_rfc_3986() -> None:
    assert aliyun.canonical_query({"b": "a b+c/d*e~f'", "A": "区"}) == "A=%E5%8C%BA&b=a%20b%2Bc%2Fd%2Ae~f%27"


def test_tencent_as_in_its_documentation() -> None:
    """The example of TC3-HMAC-SHA256 (api/213/30654), with the masked key that the page computes with."""
    payload = rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'
    assert sha256(payload).hexdigest() == "35e9c5b0e3ae67532d3c9f17ead6c90222632e5b1ff7f6e89887f1398934f064"
    assert tencent.authorization(
        "AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******",
        "Gu5t9xGARNpq86cd98joQYCN3*******",
        service="cvm",
        headers={"content-type": "application/json; charset=utf-8", "host": "cvm.tencentcloudapi.com"},
        payload=payload,
        moment=1551113065,
    ) == (
        "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******/2019-02-25/cvm/tc3_request, "
        "SignedHeaders=content-type;host, "
        "Signature=2230eefd229f582d8b1b891af7107b91597240707d778ab3738f756258d7652c"
    )


def test_webhooks_sign_timestamp_stop_and_body() -> None:
    """Worked out by hand: ``printf '1767225600.{}' | openssl dgst -sha256 -hmac Jefe``."""
    assert (
        webhook.signature("Jefe", "1767225600", b"{}")
        == "f9af0253920f01f15d2f7025018fea13eee543695b72830cba02e45e7db6a7c5"
    )
