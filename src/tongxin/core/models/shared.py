"""What all web processes must count together."""

from django.db import models


class SharedCache(models.Model):
    """Rows of Django's database cache (``CACHES["shared"]``): the library's limits of tries, one-time codes used up.

    The columns are the ones that backend asks for; it alone reads and writes them.
    """

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.cache_key
