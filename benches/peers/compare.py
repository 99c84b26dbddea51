"""Placet beside what people use today, on one task: which documents contain an excerpt of a registered book?

usage: compare.py PLACET SHARED_DATA [--books N] [--documents N] [--only NAME,NAME]   (pip install -r requirements.txt)

Documents are about 400 words of foreign text (books that are not registered, WikiText-2). Every third holds an excerpt
of 50, 100 or 300 words of a registered book, re-cased, without punctuation, with other line breaks. A third of these is
otherwise exact, a third is edited (one word in 25 replaced, dropped or inserted), a third has words divided at line ends,
as text from PDF files and scans has. Prints one Markdown table. Every method scans in a process of its
own on one thread; time and memory are what the system counted for it.
"""

import argparse
import csv
import datetime
import importlib.metadata
import json
import os
import random
import re
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import material  # noqa: E402

LENGTHS = (50, 100, 300)  # words in an excerpt
EDIT_EVERY = 25  # words
KINDS = ("exact", "edited", "divided")
GUARANTEES = {"20": 95, "50": 235}  # words, and the letters that they promise
LIMIT = 240  # seconds for one method
FILLERS = ("indeed", "river", "seven", "because", "blue", "perhaps")
PEERS = {
    "rensa-whole": ("rensa: MinHash-LSH, whole documents", "no"),
    "datasketch-whole": ("datasketch: MinHash-LSH, whole documents", "no"),
    "rensa-windows": ("rensa: MinHash-LSH, windows of 50 words", "to a window"),
    "datasketch-windows": ("datasketch: MinHash-LSH, windows of 50 words", "to a window"),
    "bloom": ("rbloom: Bloom filter of word 8-grams", "in the item"),
    "table": ("word 8-grams, Python dict", "in the item"),
    "sorted-table": ("word 8-grams, sorted NumPy array", "in the item"),
    "suffix-array": ("pydivsufsort: suffix array", "both sides"),
}


def excerpt(text, length, chance):
    begin = chance.randrange(len(text) // 10, len(text) - length - len(text) // 20)
    return text[begin : begin + length]


def edit(words, chance):
    out = []
    for word in words:
        change = chance.randrange(3) if chance.random() < 1 / EDIT_EVERY else None
        if change != 1:
            out.append(chance.choice(FILLERS) if change == 0 else word)
        if change == 2:
            out.append(chance.choice(FILLERS))
    return out


def disguise(words, chance):
    """Case, punctuation and line breaks changed; words stay words, so that word-based methods have a fair chance."""
    text = re.sub(r"[^\w\s]|_", "", re.sub(r"[-\u2013\u2014]+", " ", re.sub(r"['\u2019\u2018]", "", " ".join(words))))
    return chance.choice((str.upper, str.lower, str))(" ".join(text.split()))


def wrap(text, kind):
    """Lines of about 70 letters; divided words where the kind says so."""
    return re.sub(r"(.{65}\w)(?=\w\w)", r"\1-\n", text) if kind == "divided" else re.sub(r"(.{60,75}) ", r"\1\n", text)


def prepare(options, folder):
    """Writes the catalogue and the corpus; returns what each document holds: work, words, kind, letters."""
    chance = random.Random(1886)
    rows = material.books(options.shared_data)
    registered, foreign = rows[: options.books], [row["text"].split() for row in rows[90:]]
    foreign.append(material.encyclopaedia(options.shared_data).split())
    os.makedirs(os.path.join(folder, "books"))
    os.makedirs(os.path.join(folder, "corpus"))
    with open(os.path.join(folder, "works.csv"), "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, ["work_id", "title", "author", "language", "file"], extrasaction="ignore")
        table.writeheader()
        for row in registered:
            row["file"] = f"books/{row['work_id']}.txt"
            table.writerow(row)
            with open(os.path.join(folder, row["file"]), "w", encoding="utf-8") as book:
                book.write(row["text"])
    texts = {row["work_id"]: row["text"].split() for row in registered}
    truth, size = {}, 0
    with open(os.path.join(folder, "corpus/documents.jsonl"), "w", encoding="utf-8") as file:
        for n in range(options.documents):
            host = excerpt(chance.choice(foreign), 400, chance)
            document = {"id": f"d{n}", "url": f"https://site{n % 97}.example/{n}", "text": " ".join(host)}
            if n % 3 == 0:
                length, kind = LENGTHS[n // 3 % 3], KINDS[n // 9 % 3]
                work = chance.choice(list(texts))
                words = excerpt(texts[work], length, chance)
                hidden = wrap(disguise(edit(words, chance) if kind == "edited" else words, chance), kind)
                cut = chance.randrange(100, 300)
                document["text"] = f"{' '.join(host[:cut])} {hidden} {' '.join(host[cut:])}"
                truth[document["id"]] = (work, length, kind, sum(map(str.isalnum, hidden)))
            size += len(document["text"].encode())
            file.write(json.dumps(document) + "\n")
    return truth, size


def peer(name, folder):
    env = {**os.environ, "PYTHONHASHSEED": "0", **dict.fromkeys(("RAYON_NUM_THREADS", "OMP_NUM_THREADS"), "1")}
    command = ["timeout", str(LIMIT), sys.executable, os.path.join(HERE, "methods.py"), name, folder]
    child = material.Measured(command, env=env)
    if child.code != 0:
        print(f"{name} ended with {child.code}: {child.stderr[-300:]}", file=sys.stderr)
        return None
    with open(os.path.join(folder, name + ".json"), encoding="utf-8") as file:
        result = json.load(file)
    build = f"{result['build']:.1f} / {result['build_cpu']:.1f}"
    return {**result, "build": build, "memory": f"{result['build_memory']:.0f} / {child.memory:.0f}"}


def placet(options, folder, guarantee, texts_at_hand):
    """The commands a user gives: the rightsholder builds a pack; whoever holds the corpus scans with it."""
    import pyarrow.parquet

    def run(*arguments, home="holder"):
        return material.measure([options.placet, "--home", home, *arguments], cwd=folder)

    if not os.path.exists(os.path.join(folder, "holder")):
        options.key = json.loads(run("init", "--json").stdout)["issuer_key"]
        options.registered = run("register", "works.csv")
        run("reserve", "--all", "--uses", "all")
        run("init", home="provider")
    pack, out = f"rights{guarantee}.placet", f"run{guarantee}{texts_at_hand}"
    built = run("pack", "build", "-o", pack, "--guarantee", guarantee)
    home, trust = ("holder", []) if texts_at_hand else ("provider", ["--trust", options.key])
    scan = ["scan", "corpus", "--pack", pack, "--use", "train-gen", "--out", out, "--threads", "1", "--quiet", *trust]
    scanned = run(*scan, home=home)
    rows = pyarrow.parquet.read_table(os.path.join(folder, out, "matches.parquet")).to_pylist()
    found = {}
    for row in rows:
        if not row["common"]:
            found.setdefault(row["item_id"], []).append(row["work_id"])
    registered = options.registered
    memory = f"{max(registered.memory, built.memory):.0f} / {scanned.memory:.0f}"
    build = f"{registered.wall + built.wall:.1f} / {registered.cpu + built.cpu:.1f}"
    return {"build": build, "memory": memory, "scan": scanned.wall, "scan_cpu": scanned.cpu, "found": found}


def row(label, place, result, truth, size):
    """One line of the table."""
    found = result["found"]

    def recall(kind):
        share = []
        for length in LENGTHS:
            asked = [d for d, (_, n, k, _) in truth.items() if (n, k) == (length, kind)]
            share.append(f"{sum(d in found for d in asked) / max(1, len(asked)):.3f}")
        return " · ".join(share)

    true = [d for d in found if d in truth]
    named = sum(truth[d][0] in found[d] for d in true) / len(true) if true else 0
    naming = "-" if not true else "no" if all(set(w) == {""} for w in found.values()) else f"{named:.3f}"
    precision = f"{len(true) / len(found):.3f} ({len(found) - len(true)})" if found else "- (0)"
    cells = [label, result["build"], f"{result['scan']:.1f} / {result['scan_cpu']:.1f}"]
    cells += [f"{size / 1e6 / result['scan_cpu']:.1f}", result["memory"]]
    return "| " + " | ".join([*cells, *map(recall, KINDS), precision, naming, place]) + " |"


def promise(label, letters, result, truth):
    """Whether every unedited excerpt of guaranteed length was found."""
    asked = [d for d, (_, _, kind, n) in truth.items() if kind != "edited" and n >= letters]
    return f"{label}: {sum(d in result['found'] for d in asked)} of {len(asked)} unedited excerpts of {letters} letters or more found  "


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("placet")
    parser.add_argument("shared_data")
    parser.add_argument("--books", type=int, default=90)
    parser.add_argument("--documents", type=int, default=6000)
    parser.add_argument("--only", default="placet," + ",".join(PEERS), help="comma-separated names")
    options = parser.parse_args()
    options.placet, only = os.path.abspath(options.placet), options.only.split(",")
    with tempfile.TemporaryDirectory() as folder:
        truth, size = prepare(options, folder)
        print(f"{options.books} books, {options.documents} documents, {size / 1e6:.1f} MB of text, {len(truth)} with an excerpt\n")
        print("| method | build, s: wall / CPU | scan, s: wall / CPU | MB/s of CPU | memory, MB: build / all | found, exact: "
              + " · ".join(map(str, LENGTHS)) + " words | 1 word in 25 edited | divided at line ends | precision (false) | right work named | place |")
        print("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|", flush=True)
        loads, kept = [material.load()], []
        if "placet" in only:
            for guarantee in GUARANTEES:
                for texts_at_hand in (False, True):
                    label = f"Placet, {guarantee} words, " + ("texts at hand" if texts_at_hand else "pack alone")
                    result = placet(options, folder, guarantee, texts_at_hand)
                    print(row(label, "both sides", result, truth, size), flush=True)
                    kept.append(promise(label, GUARANTEES[guarantee], result, truth))
        for name, (label, place) in PEERS.items():
            if name in only:
                result = peer(name, folder)
                print(row(label, place, result, truth, size) if result else f"| {label} | not finished |", flush=True)
        loads.append(material.load())
    print("", *kept, sep="\n")
    packages = ("rensa", "datasketch", "rbloom", "pydivsufsort", "numpy")
    versions = [material.first_line([options.placet, "--version"]), f"Python {sys.version.split()[0]}"]
    versions += [f"{package} {importlib.metadata.version(package)}" for package in packages]
    print(f"\n{material.machine()}; load {loads[0]} before, {loads[1]} after; {', '.join(versions)}; {datetime.date.today()}")


if __name__ == "__main__":
    main()
