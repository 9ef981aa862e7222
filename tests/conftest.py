"""What every test needs: the database that comes with the product, and a small district."""

import os
from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.testing import installation
from tests.testing.district import District, build_district


def pytest_configure(config: pytest.Config) -> None:
    """Start the embedded PostgreSQL before Django asks for it."""
    if not hasattr(config, "workerinput"):
        installation.open_shared()
    if not os.environ.get("DATABASE_URL"):
        from tongxin.core import embedded

        embedded.start()


def pytest_unconfigure(config: pytest.Config) -> None:
    """The last test process out stops it again; whoever else uses the same data folder keeps it."""
    if not hasattr(config, "workerinput"):
        installation.close_shared()
    if not os.environ.get("DATABASE_URL"):
        from tongxin.core import embedded

        embedded.stop()


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: DjangoDbBlocker, worker_id: str
) -> Iterator[None]:
    """A database of this test process, instead of pytest-django's: migrated once for all of them."""
    with django_db_blocker.unblock():
        installation.use_database(worker_id)
        yield
        installation.drop_database(worker_id)


@pytest.fixture
def district(db: None) -> District:
    """One street, two communities, two departments, and somebody in every role."""
    return build_district()


@pytest.fixture(autouse=True)
def _clean_cache() -> None:
    """No page, rate limit or wake-up of one test reaches another."""
    from django.core.cache import cache

    from tongxin.core.jobs import forget_waiting

    cache.clear()
    forget_waiting()


@pytest.fixture(autouse=True)
def _files_elsewhere(settings, tmp_path_factory) -> None:
    """Uploads of tests never land in the data folder."""
    settings.MEDIA_ROOT = tmp_path_factory.mktemp("files")


@pytest.fixture(autouse=True)
def _first_language(settings) -> None:
    """Every test begins in the first language, whatever the page asked for last was shown in."""
    from django.utils import translation

    translation.activate(settings.LANGUAGE_CODE)
