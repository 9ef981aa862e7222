"""Serve one of the two applications with forked waitress workers: ``python -m bench.serve tongxin|ceiling PORT WORKERS``."""

import gc
import os
import signal
import sys

from tongxin.config.server import bind, serve


def main() -> None:
    """Load once, fork, wait."""
    which, port, workers = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    if which == "ceiling":
        from bench.ceiling import application
    else:
        from tongxin.config.run import _load_application

        application = _load_application()
    from django.db import connections

    connections.close_all()
    listener = bind("127.0.0.1", port)
    gc.collect()
    gc.freeze()
    children = []
    for _index in range(workers):
        child = os.fork()
        if child == 0:
            serve(application, listener)
            os._exit(0)
        children.append(child)
    print("children", *children, flush=True)
    signal.signal(signal.SIGTERM, lambda *_: [os.kill(c, signal.SIGTERM) for c in children])
    for child in children:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
