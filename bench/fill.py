"""Fill the bench database: 10,000 matters with 100,000 comments, and as much for the ceiling."""

import random
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

MATTERS, COMMENTS = 10_000, 100_000
BUSY = 100
"""So many matters, those with the first numbers, have thirty comments; the others ten or so."""

CEILING = """
CREATE TABLE ceiling_item (id bigserial PRIMARY KEY, title varchar(60) NOT NULL, text text NOT NULL, count int NOT NULL DEFAULT 0, at timestamptz NOT NULL);
CREATE TABLE ceiling_note (id bigserial PRIMARY KEY, item_id bigint NOT NULL REFERENCES ceiling_item, text text NOT NULL);
INSERT INTO ceiling_item (title, text, at) SELECT '事项' || n, repeat('村口早上堵车，想装红绿灯。', 8), now() - n * interval '1 minute' FROM generate_series(1, %(matters)s) n;
INSERT INTO ceiling_note (item_id, text) SELECT CASE WHEN n < 20 * %(busy)s THEN 1 + n %% %(busy)s ELSE 1 + n %% %(matters)s END, '我也遇到，支持装灯。' || n FROM generate_series(0, %(comments)s - 1) n;
CREATE INDEX ON ceiling_note (item_id, id DESC);
"""

TONGXIN = """
INSERT INTO core_dossier (id, kind, created_at) SELECT n, 'matter', now() - n * interval '1 minute' FROM generate_series(1, %(matters)s) n;
SELECT setval(pg_get_serial_sequence('core_dossier', 'id'), %(matters)s);
INSERT INTO core_recordnumber (dossier_id, series, year, serial, slug) SELECT n, 'S', %(year)s, n, 'S' || %(year)s || '-' || n FROM generate_series(1, %(matters)s) n;
INSERT INTO core_numberseries (series, year, last) VALUES ('S', %(year)s, %(matters)s);
INSERT INTO core_receipt (id, dossier_id, role, token_digest, code_digest, label, created_at)
  SELECT n, n, 'raise', 't' || n, 'c' || n, '居民', now() FROM generate_series(1, %(matters)s) n;
INSERT INTO matters_matter (dossier_id, number, kind, state, outcome, publication, due_on, is_due_provisional, is_paused, version, created_at, updated_at,
    title, text, original_text, category_id, area_id, street_id, place, source, receipt_id, lead_unit_id, decider_id, stepped_on,
    reopen_count, rating_round, me_too_count, merged_count, comment_count, rating_count, solved_count, partly_count, attitude_sum, result_sum, salt, search)
  SELECT n, 'S' || %(year)s || '-' || n, 'suggestion', (ARRAY['assigned','acting','rating','watched','closed'])[1 + n %% 5],
    CASE WHEN n %% 5 = 4 THEN 'solved' ELSE '' END, 'public',
    current_date + (n %% 30), false, false, 4, now() - n * interval '1 minute', now() - n * interval '1 minute',
    '第' || n || '件：村口堵车', repeat('村口早上堵车，想装红绿灯。', 8), repeat('村口早上堵车，想装红绿灯。', 8),
    (%(categories)s::bigint[])[1 + n %% cardinality(%(categories)s::bigint[])],
    (%(areas)s::bigint[])[1 + n %% cardinality(%(areas)s::bigint[])], (%(streets)s::bigint[])[1 + n %% cardinality(%(areas)s::bigint[])],
    '村口', 'qr', n,
    (%(units)s::bigint[])[1 + n %% cardinality(%(units)s::bigint[])], (%(units)s::bigint[])[1 + n %% cardinality(%(units)s::bigint[])],
    '{"raise": "2026-03-04", "decide": "2026-03-06"}', 0, 1, n %% 40, 0, 10, 0, 0, 0, 0, 0, md5(n::text), to_tsvector('simple', '村口 口早 早上 堵车')
  FROM generate_series(1, %(matters)s) n;
INSERT INTO core_receipt (id, dossier_id, role, token_digest, code_digest, label, created_at)
  SELECT %(matters)s + n, CASE WHEN n <= 20 * %(busy)s THEN 1 + n %% %(busy)s ELSE 1 + n %% %(matters)s END, 'comment', 'k' || n, 'd' || n, '居民', now() FROM generate_series(1, %(comments)s) n;
SELECT setval(pg_get_serial_sequence('core_receipt', 'id'), %(matters)s + %(comments)s);
INSERT INTO deliberation_comment (dossier_id, receipt_id, author_role, author_label, stance, text, at, salt, removed_by_label, removed_reason)
  SELECT dossier_id, id, 'resident', '居民', 'support', '我也遇到，支持装灯。' || id, now() - id * interval '1 second', md5(id::text), '', ''
  FROM core_receipt WHERE role = 'comment';
INSERT INTO core_entry (dossier_id, at, step, event, version, actor_label, actor_role, text, internal_note, data, publication, ledger_seq, salt)
  SELECT 1 + n %% %(matters)s, now() - n * interval '1 second', 'act', 'task.progressed', 2, '示例单位', 'unit', '正在办理，设备已进场。', '', '{}', 'public', n, md5(n::text)
  FROM generate_series(1, 4 * %(matters)s) n;
"""


def fill() -> None:
    """Fill an empty, migrated database; a second call finds it filled."""
    from tongxin.directory.demo.load import load_directory
    from tongxin.directory.models import Area, Unit
    from tongxin.duty.demo.rosters import load_rosters
    from tongxin.matters.demo.load import load_categories
    from tongxin.matters.models import Matter

    if Matter.objects.exists():
        return
    with transaction.atomic():
        load_directory(random.Random(1))
        load_rosters(timezone.now())
        communities = list(Area.objects.filter(level=Area.Level.COMMUNITY))
        values = {
            "matters": MATTERS,
            "comments": COMMENTS,
            "busy": BUSY,
            "year": timezone.localdate().year,
            "categories": [category.pk for category in load_categories().values()],
            "areas": [area.pk for area in communities],
            "streets": [area.parent_id for area in communities],
            "units": list(Unit.objects.values_list("pk", flat=True)[:30]),
        }
        with connection.cursor() as cursor:
            for script in (CEILING, TONGXIN):
                for statement in script.split(";\n"):
                    if statement.strip():
                        cursor.execute(statement, values)
            _ledger(cursor)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _ledger(cursor) -> None:
    """A true chain for the entries above."""
    from tongxin.core import ledger

    cursor.execute("SELECT seq, digest FROM core_ledgerhead WHERE id = 1")
    last, previous = cursor.fetchone() or (0, ledger.GENESIS)
    begun, rows = datetime.now(tz=UTC) - timedelta(days=30), []
    for seq in range(last + 1, last + 4 * MATTERS + 1):
        dossier, at, salt = 1 + seq % MATTERS, begun + timedelta(seconds=seq), f"{seq:032x}"
        body = ledger.canonical({"event": "task.progressed", "dossier": dossier, "data": {}})
        body_digest = ledger._hash(salt, body)
        new = ledger._hash(str(seq), ledger.stamp(at), body_digest, previous)
        rows.append((seq, at, "task.progressed", dossier, True, body, salt, body_digest, previous, new))
        previous = new
    columns = "seq, at, event, dossier_id, is_public, body, salt, body_digest, previous, digest"
    with cursor.copy(f"COPY core_ledgerentry ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    cursor.execute(
        "INSERT INTO core_ledgerhead (id, seq, digest) VALUES (1, %s, %s) "
        "ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, digest = excluded.digest",
        [seq, previous],
    )
