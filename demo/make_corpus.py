"""Makes demo/corpus from real texts, always the same bytes. usage: make_corpus.py SHARED_DATA (needs pyarrow, zstandard)"""
import csv, hashlib, html, io, json, os, random, re, shutil, sys, tarfile
import pyarrow as pa, pyarrow.parquet as pq, zstandard

shared, here = sys.argv[1], os.path.dirname(os.path.abspath(__file__))
chance = random.Random(20261121)

def archive(name):
    with zstandard.open(os.path.join(shared, "text", name), "rb") as f, tarfile.open(fileobj=f, mode="r|") as tar:
        return {m.name: tar.extractfile(m).read().decode("utf-8", "replace") for m in tar if m.isfile()}

# Six short books, as they were published, with a catalogue that a small publisher might keep.
chosen = ["dev_-103", "dev_-025", "dev_-050", "dev_-087", "dev_-001", "dev_-079"]
books = {os.path.basename(n)[:-4]: t for n, t in archive("books.tar.zst").items() if n.endswith(".txt")}
works = {os.path.basename(w["file"])[:-4]: w for w in csv.DictReader(open(os.path.join(shared, "text", "works.csv")))}
with open(os.path.join(here, "works.csv"), "w", newline="") as f:
    table = csv.writer(f)
    table.writerow(["work_id", "title", "author", "language", "publisher", "file"])
    for book in chosen:
        slug = re.sub(r"[^a-z]+", "-", works[book]["title"].split(":")[0].split(",")[0].lower()).strip("-")
        works[book]["slug"] = slug
        table.writerow([slug, works[book]["title"], works[book]["author"], works[book]["language"], "Demo House", f"books/{slug}.txt"])
        open(os.path.join(here, "books", slug + ".txt"), "w", newline="").write(books[book])

def body(text):
    a, b = re.search(r"\*\*\* ?START OF.*?\*\*\*", text), re.search(r"\*\*\* ?END OF", text)
    return text[a.end():b.start()]

def excerpt(book, words):
    ws = body(books[book]).split()
    at = chance.randrange(len(ws) // 10, len(ws) - words)
    return ws[at:at + words]

wiki = next(t for n, t in archive("wikitext-2.tar.zst").items() if n.endswith(("test.txt", "test.tokens", "wiki.test.tokens")))
articles, title, lines = [], None, []
for line in wiki.splitlines():
    head = re.fullmatch(r" = ([^=].*[^=]) = ", line)
    if head:
        if title and lines: articles.append((title, "\n".join(lines)))
        title, lines = head.group(1), []
    elif line.strip() and not line.startswith(" = "):
        lines.append(line.strip().replace(" @-@ ", "-").replace(" @,@ ", ",").replace(" @.@ ", ".").replace(" ,", ",").replace(" .", "."))
articles.append((title, "\n".join(lines)))

sites = ["encyclopedia.example", "reading-room.example", "quotes.example", "story-archive.example", "essays.example"]
documents = []
for number, (title, text) in enumerate(articles):
    for part, start in enumerate(range(0, len(text), 6000)):
        slug = re.sub(r"[^A-Za-z0-9]+", "_", title).strip("_")
        documents.append({"id": f"wiki-{number}-{part}", "url": f"https://encyclopedia.example/{slug}#{part}", "text": text[start:start + 6000], "language": "en"})
def quote(book, words, how):
    ws = excerpt(book, words)
    if how == "edited": ws = [w if chance.random() > 1 / 25 else chance.choice(["indeed", "river", "seven"]) for w in ws]
    text = " ".join(ws)
    return {"capitals": text.upper(), "bare": re.sub(r"[^\w\s]", "", text).lower()}.get(how, text)
planted = [(b, n, how) for b in chosen for n, how in [(60, "plain"), (120, "capitals"), (300, "bare"), (200, "edited")]] + [(chosen[0], 6000, "plain"), (chosen[2], 9000, "plain")]
for number, (book, words, how) in enumerate(planted):
    host = documents[(number * 7 + 3) % len(documents)]["text"][:1200]
    site = sites[1 + number % 4]
    documents.append({"id": f"page-{number}", "url": f"https://{site}/{number}.html", "text": f"{host}\n\n{quote(book, words, how)}\n\nRead more on {site}.", "language": "en"})
chance.shuffle(documents)

corpus = os.path.join(here, "corpus")
cut = len(documents) * 2 // 3
raw = "".join(json.dumps(d, ensure_ascii=False) + "\n" for d in documents[:cut]).encode()
open(os.path.join(corpus, "articles.jsonl.zst"), "wb").write(zstandard.ZstdCompressor(level=19).compress(raw))
rest = documents[cut:]
pq.write_table(pa.table({k: [d[k] for d in rest] for k in ("id", "url", "text", "language")}), os.path.join(corpus, "library.parquet"), compression="zstd", compression_level=19)
page = "".join(f"<p>{' '.join(f'<em>{html.escape(w)}</em>' if i % 9 == 4 else html.escape(w) for i, w in enumerate(excerpt('dev_-025', 80)))}</p>" for _ in range(2))
open(os.path.join(corpus, "pages", "favourites.html"), "w").write(f"<!doctype html>\n<html lang=en>\n<title>Favourite passages</title>\n<script>var tracking = 1;</script>\n<h1>Favourite passages</h1>\n{page}\n<footer>&copy; somebody else</footer>\n")
shutil.copyfile(os.path.join(shared, "corpora/common_crawl_page/whirlwind.warc.gz"), os.path.join(corpus, "crawl.warc.gz"))
whole = open(os.path.join(shared, "corpora/common_crawl_page/whirlwind.warc.wet.gz"), "rb").read()
open(os.path.join(corpus, "cut-short.warc.wet.gz"), "wb").write(whole[:len(whole) * 2 // 3])
