"""Writes the files of other programs and what a reader has to find in them: python make.py (pyarrow, duckdb)."""

import datetime
import json
import pathlib

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

HERE = pathlib.Path(__file__).parent
BOOK = HERE / "../../demo/books/candida.txt"
paragraphs = [" ".join(p.split()) for p in BOOK.read_text("utf-8").split("\n\n")]
paragraphs = [p for p in paragraphs if 40 < len(p) < 300][60:120]
start = datetime.datetime(2024, 5, 31, 1, 16, 46, tzinfo=datetime.timezone.utc)
cases = []


def stamp(at):
    return at and at.isoformat().replace("+00:00", "Z")


def case(file, items):
    keys = ("text", "id", "url", "language", "captured")
    cases.append({"file": file, "items": [dict(zip(keys, item)) for item in items]})


# Conversations: lists of structs, some empty, absent or without text.
rows, items = [], []
for n in range(30):
    turns = [{"role": "user", "content": p} for p in paragraphs[n : n + n % 4]]
    if n % 5 == 4 and turns:
        turns[0]["content"] = None
    if n % 6 == 5:
        turns.append(None)
    turns = None if n % 7 == 6 else turns
    rows.append({"id": n, "messages": turns, "scores": [n / 4] * (n % 3), "lang": "en" if n % 2 else None})
    said = [t["content"] for t in turns or [] if t and t["content"] is not None]
    items.append(("\n".join(said), str(n), None, rows[-1]["lang"], None))
turn = pa.struct([("role", pa.string()), ("content", pa.string())])
schema = pa.schema([
    ("id", pa.int32()),
    ("messages", pa.list_(turn)),
    ("scores", pa.list_(pa.float32())),
    ("lang", pa.dictionary(pa.int8(), pa.string())),
])
table = pa.Table.from_pylist(rows, schema)
pq.write_table(table, HERE / "conversations.parquet", compression="snappy", row_group_size=11, data_page_version="2.0",
               data_page_size=200, write_batch_size=4)
case("conversations.parquet", items)

# Pages: names of lists as old writers had them, times as INT96, encodings of strings by difference.
rows, items = [], []
for n in range(30):
    url = f"https://example.org/candida/{n:04}"
    at = start + datetime.timedelta(hours=n) if n % 4 else None
    rows.append({
        "url": url,
        "text": paragraphs[n] if n % 9 else None,
        "metadata": {"language": "en", "price": n} if n % 3 else None,
        "crawl_date": at,
        "tags": [["a", None], None, []] if n % 2 else None,
        "hash": bytes([n] * 4),
    })
    language = "en" if n % 3 else None
    items.append((rows[-1]["text"] or "", None, url, language, stamp(at)))
schema = pa.schema([
    ("url", pa.large_string()),
    ("text", pa.string()),
    ("metadata", pa.struct([("language", pa.string()), ("price", pa.decimal128(9, 2))])),
    ("crawl_date", pa.timestamp("us", "UTC")),
    ("tags", pa.list_(pa.list_(pa.string()))),
    ("hash", pa.binary(4)),
])
table = pa.Table.from_pylist(rows, schema)
encodings = {"url": "DELTA_BYTE_ARRAY", "text": "DELTA_LENGTH_BYTE_ARRAY"}
pq.write_table(table, HERE / "pages.parquet", compression="gzip", version="1.0", use_compliant_nested_type=False,
               use_deprecated_int96_timestamps=True, use_dictionary=False, column_encoding=encodings)
case("pages.parquet", items)

# The same pages and their texts as a list, by another program.
duckdb.sql("set timezone = 'UTC'")
duckdb.sql(f"""
    copy (select url as source_url, [text, upper(text)] as body, crawl_date as "timestamp", 7::ubigint as doc_id,
        true as kept, map {{'a': 1}} as counts
    from '{HERE}/pages.parquet') to '{HERE}/pages-duckdb.parquet' (format parquet, compression zstd)
""")
upper = lambda text: f"{text}\n{duckdb.execute('select upper(?)', [text]).fetchone()[0]}" if text else ""
case("pages-duckdb.parquet", [(upper(t), "7", u, None, c) for t, _, u, _, c in items])

with open(HERE / "cases.json", "w", encoding="utf-8") as out:
    json.dump(cases, out, indent=1, ensure_ascii=False)
    out.write("\n")
