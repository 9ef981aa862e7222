"""Fill the bench database: 10,000 matters with 100,000 comments, and as much for the ceiling."""

from django.db import connection
from django.utils import timezone

MATTERS, COMMENTS = 10_000, 100_000

CEILING = """
CREATE TABLE ceiling_item (id bigserial PRIMARY KEY, title varchar(60) NOT NULL, text text NOT NULL, count int NOT NULL DEFAULT 0, at timestamptz NOT NULL);
CREATE TABLE ceiling_note (id bigserial PRIMARY KEY, item_id bigint NOT NULL REFERENCES ceiling_item, text text NOT NULL);
INSERT INTO ceiling_item (title, text, at) SELECT '事项' || n, repeat('村口早上堵车，想装红绿灯。', 8), now() - n * interval '1 minute' FROM generate_series(1, %(matters)s) n;
INSERT INTO ceiling_note (item_id, text) SELECT 1 + n %% %(matters)s, '我也遇到，支持装灯。' || n FROM generate_series(0, %(comments)s - 1) n;
CREATE INDEX ON ceiling_note (item_id, id DESC);
"""

MATTERS_SQL = """
INSERT INTO core_dossier (id, kind, created_at) SELECT n, 'matter', now() - n * interval '1 minute' FROM generate_series(1, %(matters)s) n;
SELECT setval(pg_get_serial_sequence('core_dossier', 'id'), %(matters)s);
INSERT INTO core_recordnumber (dossier_id, series, year, serial, slug) SELECT n, 'S', %(year)s, n, 'S' || %(year)s || '-' || n FROM generate_series(1, %(matters)s) n;
INSERT INTO core_numberseries (series, year, last) VALUES ('S', %(year)s, %(matters)s);
INSERT INTO core_receipt (id, dossier_id, role, token_digest, code_digest, label, created_at)
  SELECT n, n, 'raise', 't' || n, 'c' || n, '居民', now() FROM generate_series(1, %(matters)s) n;
INSERT INTO matters_matter (dossier_id, number, kind, state, outcome, publication, due_on, is_due_provisional, is_paused, version, created_at, updated_at,
    title, text, original_text, category_id, area_id, street_id, place, source, receipt_id, lead_unit_id, decider_id, stepped_on,
    reopen_count, rating_round, me_too_count, merged_count, comment_count, rating_count, solved_count, partly_count, attitude_sum, result_sum, salt, search)
  SELECT n, 'S' || %(year)s || '-' || n, 'suggestion', (ARRAY['assigned','acting','rating','watched','closed'])[1 + n %% 5], '', 'public',
    current_date + (n %% 30), false, false, 4, now() - n * interval '1 minute', now() - n * interval '1 minute',
    '第' || n || '件：村口堵车', repeat('村口早上堵车，想装红绿灯。', 8), repeat('村口早上堵车，想装红绿灯。', 8), %(category)s, %(area)s, %(street)s, '村口', 'qr', n, %(unit)s, %(unit)s,
    '{"raise": "2026-03-04", "decide": "2026-03-06"}', 0, 1, n %% 40, 0, 10, 0, 0, 0, 0, 0, md5(n::text), to_tsvector('simple', '村口 口早 早上 堵车')
  FROM generate_series(1, %(matters)s) n;
INSERT INTO core_receipt (id, dossier_id, role, token_digest, code_digest, label, created_at)
  SELECT %(matters)s + n, 1 + n %% %(matters)s, 'comment', 'k' || n, 'd' || n, '居民', now() FROM generate_series(1, %(comments)s) n;
SELECT setval(pg_get_serial_sequence('core_receipt', 'id'), %(matters)s + %(comments)s);
INSERT INTO deliberation_comment (dossier_id, receipt_id, author_role, author_label, stance, text, at, salt, removed_by_label, removed_reason)
  SELECT CASE WHEN n <= 2000 THEN 1 + n %% 100 ELSE 1 + n %% %(matters)s END, %(matters)s + n, 'resident', '居民', 'support', '我也遇到，支持装灯。' || n, now() - n * interval '1 second', md5(n::text), '', ''
  FROM generate_series(1, %(comments)s) n;
INSERT INTO core_entry (dossier_id, at, step, event, version, actor_label, actor_role, text, internal_note, data, publication, ledger_seq, salt)
  SELECT 1 + n %% %(matters)s, now() - n * interval '1 second', 'act', 'task.progressed', 2, '示例单位', 'unit', '正在办理，设备已进场。', '', '{}', 'public', n, md5(n::text)
  FROM generate_series(1, 4 * %(matters)s) n;
ANALYZE;
"""


def fill() -> None:
    """Fill an empty, migrated database; a second call finds it filled."""
    from tongxin.directory.models import Area, Unit
    from tongxin.matters.demo.load import load_categories
    from tongxin.matters.models import Matter

    if Matter.objects.count() >= MATTERS:
        return
    category = next(iter(load_categories().values()))
    district = Area.objects.create(code="B", name="示例区", level="district")
    street = Area.objects.create(code="B1", name="示例街道", level="street", parent=district)
    area = Area.objects.create(code="B101", name="示例社区", level="community", parent=street)
    unit = Unit.objects.create(code="BU", name="示例单位", kind="government")
    values = {
        "matters": MATTERS,
        "comments": COMMENTS,
        "year": timezone.localdate().year,
        "category": category.pk,
        "area": area.pk,
        "street": street.pk,
        "unit": unit.pk,
    }
    with connection.cursor() as cursor:
        for script in (CEILING, MATTERS_SQL):
            for statement in script.split(";\n"):
                if statement.strip():
                    cursor.execute(statement, values)
