"""Settings for the tests: the real ones, with cheap passwords and no manifest to build."""

import os

os.environ.setdefault("TONGXIN_LOG_LEVEL", "ERROR")
os.environ.setdefault("TONGXIN_LOG_REQUESTS", "0")

from tongxin.config.settings import *  # noqa: F403  (the tests run on the real settings)
from tongxin.config.settings import DATABASES, STORAGES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
DATABASES["default"]["OPTIONS"] = {}
AXES_ENABLED = True
