"""Sessions in the database, read by a prepared statement: every page of somebody who signed in or rates begins with it."""

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from tongxin.core.prepared import Prepared

_by_key: Prepared[Session] = Prepared(
    lambda key: Session.objects.filter(session_key=key).order_by(),
    key=str,
)


class SessionStore(DatabaseStore):
    """Django's own store, but for how a session is found."""

    def _get_session_from_db(self) -> Any:
        found = _by_key.first(key=self.session_key) if self.session_key else None
        if found is None or found.expire_date <= timezone.now():
            self._session_key = None
            return None
        return found
