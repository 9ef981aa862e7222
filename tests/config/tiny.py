"""A server of the real kind around a tiny application, to be started as a program by the tests."""

import os
import sys
import time
from collections.abc import Callable, Iterable

from tongxin.config.server import bind, raise_descriptor_limit, serve
from tongxin.config.supervisor import Role, Supervisor


def application(environ: dict, start_response: Callable) -> Iterable[bytes]:
    """Says which process answers; /slow takes a second, /die ends the process, a POST says how much came."""
    path = environ["PATH_INFO"]
    if path == "/die":
        os._exit(3)
    if path == "/slow":
        time.sleep(1)
    size = len(environ["wsgi.input"].read()) if environ["REQUEST_METHOD"] == "POST" else 0
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{os.getpid()} {size}".encode()]


def main(port: int, workers: int) -> None:
    """Serve until told to stop."""
    raise_descriptor_limit()
    listener = bind("127.0.0.1", port)

    def work() -> None:
        listener.close()
        while True:
            time.sleep(60)

    Supervisor(
        [Role("web", lambda: serve(application, listener), workers), Role("worker", work)],
        ready=lambda: print("ready", flush=True),
        before_stop=listener.close,
    ).run()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
