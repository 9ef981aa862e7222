"""nginx in front, with the configuration that is shipped: production settings, HTTPS, uploads, addresses, static files."""

import json
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.config.test_parts import installation  # noqa: F401  (the fixture: a database and prepared folders)
from tests.testing.processes import eventually, free_port, get, program

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
CONFIG = Path(__file__).resolve().parents[2] / "deploy" / "nginx.conf"
NAME = "tongxin.example"
FROM_THE_PAGE = {"Referer": f"https://{NAME}/raise/", "Origin": f"https://{NAME}"}
AREA = "from tongxin.directory.models import Area; Area.objects.create(code='T1', name='示例街道', level='street')"
pytestmark = pytest.mark.skipif(not NGINX, reason="nginx isn't installed")


def write_certificate(folder: Path) -> None:
    """A certificate that nobody but this test trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "privkey.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


def adapted(folder: Path, *, http: int, https: int, web: int, static: Path) -> str:
    """The shipped file with this machine's ports and folders."""
    changes = {
        "server web:8000": f"server 127.0.0.1:{web}",
        "listen 80": f"listen 127.0.0.1:{http}",
        "listen 443": f"listen 127.0.0.1:{https}",
        "/etc/nginx/certificates": str(folder),
        "/var/lib/tongxin/static/": f"{static}/",
        "/var/log/nginx/tongxin.log": str(folder / "access.log"),
    }
    text = CONFIG.read_text()
    for shipped, here in changes.items():
        assert shipped in text
        text = text.replace(shipped, here)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return (
        f"daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{\ninclude /etc/nginx/mime.types;\n{temporary}{text}\n}}\n"
    )


class Site(httpx.Client):
    """A browser that knows where the name leads and trusts the certificate."""

    def __init__(self, https: int, certificate: Path) -> None:
        super().__init__(
            base_url=f"https://127.0.0.1:{https}",
            headers={"Host": NAME, "Accept-Language": "zh-CN"},
            verify=ssl.create_default_context(cafile=str(certificate)),
            timeout=20,
        )

    def send(self, request: httpx.Request, **options: object) -> httpx.Response:
        """With the name of the certificate, whatever the address."""
        request.extensions["sni_hostname"] = NAME
        return super().send(request, **options)


def fields_of(page: httpx.Response) -> dict[str, str]:
    """What a form's page hands out to send it with."""
    return dict(re.findall(r'name="(csrfmiddlewaretoken|token)" value="([^"]+)"', page.text))


@pytest.fixture(scope="module")
def site(installation: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:  # noqa: F811
    """``tongxin web`` under production settings, nginx before it."""
    folder = tmp_path_factory.mktemp("nginx")
    http, https, web = free_port(), free_port(), free_port()
    settings = installation | {
        "TONGXIN_PRODUCTION": "1",
        "TONGXIN_DEMO": "0",
        "ALLOWED_HOSTS": NAME,
        "SECRET_KEY": "only-for-this-test-3f1c0b7e9a5d4c2f8b6a1e0d7c9f5b3a2e4d6f8a0c1b",
        "TONGXIN_CONTACT_KEYS": "b25seS10by1jaGVjay10aGUtc2V0dGluZ3MtMTIzNDU=",
        "TONGXIN_TRUSTED_PROXY": "127.0.0.1",
        "TONGXIN_CONFIG": str(folder / "config.json"),
    }
    (folder / "config.json").write_text(json.dumps({"raise_per_hour": 3}))
    write_certificate(folder)
    static = Path(installation["TONGXIN_HOME"]) / "static"
    (folder / "nginx.conf").write_text(adapted(folder, http=http, https=https, web=web, static=static))
    checked = subprocess.run(
        [NGINX, "-t", "-c", folder / "nginx.conf", "-e", folder / "error.log"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    assert "warn" not in checked.stderr, checked.stderr
    with program("tongxin.config.cli", "manage", "shell", "-c", AREA, **settings) as made:
        output = made.finish(60)
        assert made.returncode == 0, output
    with ExitStack() as stack:
        stack.enter_context(
            program("tongxin.config.cli", "web", "--port", str(web), "--workers", "2", **settings)
        )
        eventually(lambda: get(web, "/healthz")[0] == 200, 60)
        nginx = subprocess.Popen([NGINX, "-c", folder / "nginx.conf", "-e", folder / "error.log"])
        stack.callback(nginx.wait, 10)
        stack.callback(nginx.terminate)
        eventually(lambda: not socket.socket().connect_ex(("127.0.0.1", https)), 20)
        found = stack.enter_context(Site(https, folder / "fullchain.pem"))
        found.plain, found.log = http, folder / "access.log"
        yield found


def test_plain_http_leads_to_https(site: Site) -> None:
    answer = httpx.get(f"http://127.0.0.1:{site.plain}/raise/", headers={"Host": NAME})
    assert answer.status_code == 301
    assert answer.headers["Location"] == f"https://{NAME}/raise/"


def test_pages_come_with_secure_cookies_and_without_redirects(site: Site) -> None:
    answer = site.get("/raise/")
    assert answer.status_code == 200
    assert "max-age=" in answer.headers["Strict-Transport-Security"]
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "nginx" in answer.headers["Server"]


def test_static_files_come_from_nginx_packed_and_for_ever(site: Site) -> None:
    sheet = re.search(r'href="(/static/site/tongxin\.[0-9a-f]+\.css)"', site.get("/raise/").text)
    assert sheet
    answer = site.get(sheet[1])
    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Content-Type"].startswith("text/css")


def test_figures_are_not_for_outside(site: Site) -> None:
    assert site.get("/metrics").status_code == 404


def test_an_address_is_the_visitor_s_whatever_they_claim(site: Site) -> None:
    """Three matters an hour come through, however often the header says that it is somebody else."""
    codes = []
    for visitor in range(5):
        fields = fields_of(site.get("/raise/"))
        answer = site.post(
            "/raise/",
            data=fields | {"text": f"第{visitor}件事，路灯不亮。", "area": "T1"},
            headers=FROM_THE_PAGE | {"X-Forwarded-For": f"203.0.113.{visitor}"},
        )
        codes.append(answer.status_code)
    assert codes == [302, 302, 302, 429, 429]


def test_a_form_with_six_large_photos_reaches_the_application(site: Site) -> None:
    fields = fields_of(site.get("/raise/"))
    photos = [("photos", (f"{n}.jpg", b"no photo" + bytes(9_000_000), "image/jpeg")) for n in range(6)]
    answer = site.post(
        "/raise/",
        data=fields | {"text": "村口堵车，想装红绿灯。"},
        files=photos,
        headers=FROM_THE_PAGE,
    )
    assert answer.status_code == 422  # read, and said what is wrong: no photos
    assert "村口堵车，想装红绿灯。" in answer.text


def test_the_log_names_nobody(site: Site) -> None:
    site.get("/track/S2026-1/?number=S2026-1")
    lines = eventually(lambda: site.log.exists() and site.log.read_text().splitlines(), 10)
    assert all(len(line.split()) == 6 for line in lines)
    assert "127.0.0.1" not in site.log.read_text()
    assert "track" not in site.log.read_text()
