"""A worker of the real kind with one slow job, to be started as a program by the tests."""

import os
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongxin.config.settings")


def main() -> None:
    """Work until told to stop."""
    import django

    django.setup()
    from procrastinate.contrib.django import app

    from tongxin.config.worker import work

    @app.task(name="tests.config.slow_job.sleeps", queue="default")
    def sleeps() -> None:
        print("begun", flush=True)
        time.sleep(2)
        print("finished", flush=True)

    print("ready", flush=True)
    work()


if __name__ == "__main__":
    main()
