"""Whose word about a client's address is taken: the named proxy's, nobody else's. Tried on the real server."""

import http.client
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.config.test_run import home, running, stop  # noqa: F401  (home is a fixture)
from tests.testing.processes import eventually, free_port, get, program


class Visitor:
    """A browser that says what it likes about where it comes from."""

    def __init__(self, port: int) -> None:
        self.port, self.cookies = port, {}

    def ask(
        self, method: str, path: str, body: str = "", **headers: str
    ) -> tuple[int, str, http.client.HTTPMessage]:
        """Status, text and headers of one answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {name.replace("_", "-"): value for name, value in headers.items()} | {"Cookie": cookie}
        if body:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body or None, sent)
        response = connection.getresponse()
        text = response.read().decode()
        for line in response.headers.get_all("Set-Cookie") or []:
            name, _equals, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        connection.close()
        return response.status, text, response.headers

    def sign_in(self, **headers: str) -> int:
        """One wrong password; the status of the answer."""
        _status, page, _headers = self.ask("GET", "/accounts/login/", **headers)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
        form = {"csrfmiddlewaretoken": token, "login": "somebody", "password": "wrong"}
        return self.ask("POST", "/accounts/login/", urlencode(form), **headers)[0]


@pytest.fixture
def locked(home: Path, request: pytest.FixtureRequest) -> Iterator[Visitor]:  # noqa: F811
    """A visitor at a server that believes the proxy named by the test, if any."""
    proxy = getattr(request, "param", "")
    port = free_port()
    arguments = ("tongxin.config.cli", "run", "--port", str(port), "--workers", "2")
    with program(*arguments, TONGXIN_HOME=str(home), TONGXIN_TRUSTED_PROXY=proxy) as process:
        eventually(lambda: process.poll() is not None or get(port, "/healthz")[0] == 200, 90)
        forget_attempts(home)
        yield Visitor(port)
        stop(process)


def forget_attempts(folder: Path) -> None:
    """As if nobody had tried before."""
    statement = "TRUNCATE axes_accessattempt, axes_accessfailurelog, core_sharedcache CASCADE"
    arguments = ("tongxin.config.cli", "database", "psql", "-qc", statement)
    with program(*arguments, TONGXIN_HOME=str(folder)) as process:
        assert process.wait(30) == 0


@pytest.mark.parametrize("locked", ["127.0.0.1"], indirect=True)
def test_behind_the_named_proxy_each_client_is_counted_by_its_own_address(locked: Visitor) -> None:
    tries = [locked.sign_in(X_Forwarded_For="203.0.113.9") for _ in range(6)]
    assert tries[:4] == [200] * 4
    assert tries[-1] == 429
    assert locked.sign_in(X_Forwarded_For="203.0.113.10") == 200
    # What the client itself claimed stands before what the proxy adds, and is not believed.
    assert locked.sign_in(X_Forwarded_For="198.51.100.1, 203.0.113.9") == 429


def test_without_a_named_proxy_no_header_moves_the_lock_out(locked: Visitor) -> None:
    tries = [
        locked.sign_in(
            X_Forwarded_For=f"203.0.113.{number}",
            Forwarded=f"for=198.51.100.{number}",
            X_Real_IP=f"192.0.2.{number}",
        )
        for number in range(6)
    ]
    assert tries[-1] == 429
    assert locked.sign_in() == 429


def test_figures_are_not_opened_by_a_header(locked: Visitor) -> None:
    status, _text, headers = locked.ask("GET", "/metrics", X_Forwarded_For="127.0.0.1", X_Request_ID="a" * 16)
    assert status == 200  # asked from this machine, whatever it says
    assert headers["X-Request-ID"] != "a" * 16


@pytest.mark.parametrize("locked", ["127.0.0.1"], indirect=True)
def test_behind_the_named_proxy_figures_stay_closed_to_clients(locked: Visitor) -> None:
    assert locked.ask("GET", "/metrics", X_Forwarded_For="203.0.113.9")[0] == 404
    assert locked.ask("GET", "/metrics")[0] == 200
    _status, _text, headers = locked.ask(
        "GET", "/about/", X_Forwarded_For="203.0.113.9", X_Request_ID="a" * 16
    )
    assert headers["X-Request-ID"] == "a" * 16
