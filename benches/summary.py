"""`placet summary`: a draft from the tables of runs of growing size, and the index over many summaries.

usage: summary.py PLACET [--items N,N,…] [--summaries N] [--folder FOLDER]

Makes `decisions.parquet` as a scan writes it (path, ordinal, domain, language, letters, cleared) with domains of a Zipf distribution
over 300,000 hosts, and the record that names its hash; drafts a summary from each and takes time and greatest memory of the process.
Time should grow with the items and memory should not. Then indexes N summaries that differ in provider, models and datasets, and
searches them. Needs numpy, pyarrow, blake3. Prints Markdown tables.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

import blake3
import numpy
import pyarrow
import pyarrow.parquet

ANSWERS = """
[attested]
by = "A. Person"
on = "2026-11-20"
[[source]]
name = "Own crawl"
kind = "crawled"
paths = ["crawl/"]
[[source]]
name = "Set"
kind = "public-dataset"
paths = ["set/"]
link = "https://data.example.org/set"
version = "1.0"
[provider]
name_contact = "Example"
[crawl]
used = "yes"
[pub]
used = "yes"
"""

BATCH = 1_000_000
HOSTS = 300_000
INDEXED_ITEMS = 20_000


def digest(path):
    hash = blake3.blake3(max_threads=blake3.blake3.AUTO)
    hash.update_mmap(path)
    return hash.hexdigest()


def make_run(folder, items):
    """A run of so many items, in the order of its files."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    chance = numpy.random.default_rng(7)
    tops = ["com", "org", "de", "fr", "co.uk", "it", "pl", "es", "eu", "net"]
    hosts = pyarrow.array([f"www.site-{n}.{tops[n % len(tops)]}" for n in range(HOSTS)])
    languages = pyarrow.array(["en", "de", "fr", "es", "it", "pl", None])
    cleared = pyarrow.array(["kept", "kept", "kept", "kept", "redacted", "dropped"])
    schema = pyarrow.schema([
        ("path", pyarrow.string()), ("ordinal", pyarrow.uint64()), ("domain", pyarrow.string()),
        ("language", pyarrow.string()), ("letters", pyarrow.uint64()), ("cleared", pyarrow.string()),
    ])
    table = os.path.join(folder, "decisions.parquet")
    with pyarrow.parquet.ParquetWriter(table, schema, compression="zstd") as out:
        for start in range(0, items, BATCH):
            n = min(BATCH, items - start)
            kind = "crawl" if (start // BATCH) % 3 else "set"
            picks = numpy.minimum(chance.zipf(1.2, n) - 1, HOSTS - 1)
            out.write_table(pyarrow.table([
                pyarrow.array([f"{kind}/{start // BATCH:05}.jsonl.gz"] * n),
                pyarrow.array(numpy.arange(n, dtype=numpy.uint64)),
                hosts.take(pyarrow.array(picks)),
                languages.take(pyarrow.array(chance.integers(0, 7, n))),
                pyarrow.array(chance.integers(100, 20_000, n).astype(numpy.uint64)),
                cleared.take(pyarrow.array(chance.integers(0, 6, n))),
            ], schema=schema), row_group_size=65_536)
    record = {
        "schema": "placet.run/1", "as_of": "2026-11-20", "profile": {"name": "art", "version": 1}, "uses": ["train-gen"],
        "read": {"text_fields": ["text"], "id_field": None, "url_field": None, "item_bytes_max": 1 << 20},
        "packs": [], "inputs": [], "counts": {"items": items, "decisions": {}, "kept": items, "redacted": 0},
        "outputs": {"decisions.parquet": {"bytes": os.path.getsize(table), "blake3": digest(table)}},
    }
    with open(os.path.join(folder, "run.json"), "w") as out:
        json.dump(record, out)
    return os.path.getsize(table)


# A child's greatest memory is at least its parent's when it began, so a small parent measures.
MEASURE = """
import json, os, resource, subprocess, sys, time
start = time.monotonic()
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
wall, used = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, done.returncode, done.stdout.decode()[-2000:]]))
"""


def run(command, folder):
    """Seconds, CPU seconds and greatest memory in MB of a child."""
    told = subprocess.run([sys.executable, "-c", MEASURE, *command], cwd=folder, stdout=subprocess.PIPE, check=True)
    wall, cpu, memory, code, said = json.loads(told.stdout)
    if code not in (0, 10):
        sys.exit(f"{command}: {said}")
    return wall, cpu, memory


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("placet")
    parser.add_argument("--items", default="100000,1000000,10000000")
    parser.add_argument("--summaries", type=int, default=1000)
    parser.add_argument("--folder")
    given = parser.parse_args()
    placet = os.path.abspath(given.placet)
    folder = given.folder or tempfile.mkdtemp()
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "answers.toml"), "w") as out:
        out.write(ANSWERS)
    load = lambda: f"{os.getloadavg()[0]:.1f}"
    before = load()
    print("| items | table, MB | seconds | CPU seconds | CPU us an item | memory, MB |\n|--:|--:|--:|--:|--:|--:|")
    for items in [int(n) for n in given.items.split(",")]:
        size = make_run(os.path.join(folder, "run"), items)
        shutil.rmtree(os.path.join(folder, "summary"), ignore_errors=True)
        wall, cpu, memory = run([placet, "summary", "draft", "run", "--answers", "answers.toml"], folder)
        print(f"| {items:,} | {size / 1e6:.0f} | {wall:.1f} | {cpu:.1f} | {cpu / items * 1e6:.2f} | {memory:.0f} |", flush=True)
    # A summary of some tens of kilobytes, as the published ones are.
    make_run(os.path.join(folder, "run"), INDEXED_ITEMS)
    shutil.rmtree(os.path.join(folder, "summary"), ignore_errors=True)
    run([placet, "summary", "draft", "run", "--answers", "answers.toml"], folder)
    with open(os.path.join(folder, "summary", "summary.json")) as file:
        text = file.read()
    many = os.path.join(folder, "many")
    shutil.rmtree(many, ignore_errors=True)
    os.makedirs(many)
    for n in range(given.summaries):
        changed = text.replace("Example", f"Provider {n}").replace("data.example.org/set", f"data.example.org/set-{n}")
        with open(os.path.join(many, f"{n}.json"), "w") as out:
            out.write(changed)
    files = [os.path.join("many", name) for name in sorted(os.listdir(many))]
    print("\n| summaries | what | seconds | CPU seconds | memory, MB |\n|--:|---|--:|--:|--:|")
    for what, command in [
        ("index add", ["summary", "index", "add", *files]),
        ("search a word", ["summary", "search", "crawl"]),
        ("search one provider", ["summary", "search", f"set-{given.summaries // 2}"]),
        ("search a field", ["summary", "search", "Own", "--field", "pub.large"]),
    ]:
        wall, cpu, memory = run([placet, *command], folder)
        print(f"| {given.summaries:,} | {what} | {wall:.2f} | {cpu:.2f} | {memory:.0f} |", flush=True)
    print(f"\nload {before} before, {load()} after")


if __name__ == "__main__":
    main()
