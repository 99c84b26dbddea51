"""`placet scan` from end to end, beside decoding alone: rate, gain of a second thread, memory.

usage: scan.py PLACET SHARED_DATA [--megabytes N] [--rounds N] [--folder FOLDER]

Makes a corpus of real text as WET (.warc.wet.gz, each record a gzip member of its own) and as JSONL.zst, eight files
each, scans it with a pack of 90 books, and decodes the same files with `zstd`, `gzip` and, where installed,
`libdeflate-gzip` in turns within the same run. Decoding means that the decompressor alone writes the decompressed bytes of
the same files to /dev/null, a process for each file, one after the other (two side by side for the gain of two); a scan's share
is its rate by that of decoding, with one thread each. The corpus is books that are not registered and WikiText-2 in random order
with one word in 30 changed, so that it does not repeat itself; one document in 100 holds 100 words of a registered book.
Rates are megabytes of text per second; the best round counts. Prints Markdown tables.
"""

import argparse
import collections
import csv
import datetime
import json
import os
import random
import re
import shutil
import sys
import tempfile
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import material  # noqa: E402

FILES = 8
WORDS = (100, 1500)  # of a document, from and to
CHANGE_EVERY, EXCERPT_EVERY, EXCERPT = 30, 100, 100
DECODERS = {
    "wet": [["gzip", "-dc"], ["libdeflate-gzip", "-dc"]],
    "jsonl": [["zstd", "-dc", "-q", "--no-asyncio"]],
}


def documents(foreign, registered, size, chance):
    """Texts of web pages' lengths, `size` bytes together."""
    vocabulary = foreign[:50_000]
    n = 0
    while size > 0:
        length = chance.randrange(*WORDS)
        begin = chance.randrange(len(foreign) - length)
        words = foreign[begin : begin + length]
        for place in range(chance.randrange(CHANGE_EVERY), length, CHANGE_EVERY):
            words[place] = chance.choice(vocabulary)
        if n % EXCERPT_EVERY == 0:
            begin = chance.randrange(len(registered) - EXCERPT)
            words[length // 2 : length // 2] = registered[begin : begin + EXCERPT]
        n += 1
        for place in range(40, length, 60):
            words[place] += "\n"
        text = " ".join(words)
        size -= len(text.encode())
        yield text


def gzip_member(data):
    deflate = zlib.compressobj(6, zlib.DEFLATED, 31)
    return deflate.compress(data) + deflate.flush()


def wet(path, texts):
    with open(path, "wb") as file:
        for n, text in enumerate(texts):
            body = text.encode()
            head = (
                f"WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Target-URI: https://site{n % 97}.example/{n}\r\n"
                f"WARC-Date: 2026-05-31T01:16:46Z\r\nWARC-Record-ID: <urn:uuid:{n:036}>\r\n"
                f"Content-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            file.write(gzip_member(head.encode() + body + b"\r\n\r\n"))


def jsonl(path, texts):
    plain = path.removesuffix(".zst")
    with open(plain, "w", encoding="utf-8") as file:
        for n, text in enumerate(texts):
            row = {"id": f"d{n}", "url": f"https://site{n % 97}.example/{n}", "text": text}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    material.measure(["zstd", "-q", "-3", "--rm", plain, "-o", path])


def prepare(options, folder):
    """Catalogue and corpora; returns the bytes of text of each corpus."""
    rows = material.books(options.shared_data)
    with open(os.path.join(folder, "works.csv"), "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, ["work_id", "title", "author", "language", "file"], extrasaction="ignore")
        table.writeheader()
        for row in rows[:90]:
            row["file"] = f"{row['work_id']}.txt"
            table.writerow(row)
            with open(os.path.join(folder, row["file"]), "w", encoding="utf-8") as book:
                book.write(row["text"])
    registered = " ".join(row["text"] for row in rows[:90]).split()
    foreign = " ".join([row["text"] for row in rows[90:]] + [material.encyclopaedia(options.shared_data)]).split()
    sizes = {}
    for name, megabytes in (("quarter", options.megabytes / 4), ("whole", options.megabytes)):
        chance = random.Random(1886)
        for kind in ("wet", "jsonl"):
            os.makedirs(os.path.join(folder, kind, name))
        sizes[name] = 0
        for n in range(FILES):
            texts = list(documents(foreign, registered, megabytes * 1e6 / FILES, chance))
            sizes[name] += sum(len(text.encode()) for text in texts)
            wet(os.path.join(folder, f"wet/{name}/{n:05}.warc.wet.gz"), texts)
            jsonl(os.path.join(folder, f"jsonl/{name}/{n:05}.jsonl.zst"), texts)
    return sizes


Best = collections.namedtuple("Best", "wall cpu")


class Scans:
    """Runs `placet scan` in a folder and keeps the best round of each question."""

    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        key = json.loads(self.run("--home", "holder", "init", "--json").stdout)["issuer_key"]
        self.run("--home", "holder", "register", "works.csv", "--quiet")
        self.run("--home", "holder", "reserve", "--all", "--uses", "all", "--quiet")
        for words in ("20", "50"):
            self.run("--home", "holder", "pack", "build", "-o", f"{words}.placet", "--guarantee", words, "--quiet")
        self.run("--home", "provider", "init")
        self.run("--home", "provider", "trust", "add", key)

    def run(self, *arguments):
        return material.measure([self.options.placet, *arguments], cwd=self.folder)

    def scan(self, corpus, guarantee, threads, *more):
        shutil.rmtree(os.path.join(self.folder, "run"), ignore_errors=True)
        question = ["--pack", f"{guarantee}.placet", "--use", "train-gen", "--out", "run", "--quiet"]
        return self.run("--home", "provider", "scan", corpus, *question, "--threads", str(threads), *more)

    def decode(self, corpus, decoder, processes):
        each = ["sh", "-c", 'ls | xargs -n 1 -P "$0" "$@" > /dev/null', str(processes), *decoder]
        return material.measure(each, cwd=os.path.join(self.folder, corpus))


def best(rounds, questions):
    """Asks each question once per round, in turns; returns the least wall and processor time of each."""
    answers = [[question() for question in questions] for _ in range(rounds)]
    return [Best(min(c.wall for c in column), min(c.cpu for c in column)) for column in zip(*answers)]


def rates(scans, options, size):
    """The first table: decoding alone, then scans with one and two threads."""
    print("| corpus | what | MB/s | MB/s of CPU | share of decoding, wall | share, CPU | gain of two threads |")
    print("|---|---|--:|--:|--:|--:|--:|")
    for kind, label in (("wet", "WET.gz"), ("jsonl", "JSONL.zst")):
        corpus = f"{kind}/whole"
        decoders = [d for d in DECODERS[kind] if shutil.which(d[0])]
        ways = [("scan, 50 words", ["50"]), ("scan, 20 words", ["20"])]
        ways += [("scan, 50 words, items kept", ["50", "--unknown", "keep"])]
        questions = [lambda d=d, t=t: scans.decode(corpus, d, t) for d in decoders for t in (1, 2)]
        for _, (guarantee, *more) in ways:
            questions += [lambda g=guarantee, t=t, m=more: scans.scan(corpus, g, t, *m) for t in (1, 2)]
        answers = best(options.rounds, questions)
        pairs = list(zip(answers[::2], answers[1::2]))
        alone = [one for one, _ in pairs[: len(decoders)]]
        for decoder, (one, two) in zip(decoders, pairs):
            figures = f"{size / 1e6 / one.wall:.0f} | {size / 1e6 / one.cpu:.0f} | | | {one.wall / two.wall:.2f} times"
            print(f"| {label} | decoding alone, `{' '.join(decoder)}` | {figures} |")
        for (way, _), (one, two) in zip(ways, pairs[len(decoders) :]):
            wall = " · ".join(f"{child.wall / one.wall:.2f}" for child in alone)
            cpu = " · ".join(f"{child.cpu / one.cpu:.2f}" for child in alone)
            figures = f"{size / 1e6 / one.wall:.0f} | {size / 1e6 / one.cpu:.0f} | {wall} | {cpu}"
            print(f"| {label} | {way} | {figures} | {one.wall / two.wall:.2f} times |", flush=True)


def memory(scans, sizes):
    """The second table: peak resident memory for the whole corpus and a quarter of it."""
    print("\n| corpus | guarantee | pack, MB | threads | peak MB, " + " | peak MB, ".join(f"{s / 1e6:.0f} MB of text" for s in sizes.values()) + " |")
    print("|---|--:|--:|--:|--:|--:|")
    for kind, label in (("wet", "WET.gz"), ("jsonl", "JSONL.zst")):
        for guarantee in ("50", "20"):
            pack = os.path.getsize(os.path.join(scans.folder, f"{guarantee}.placet")) / 1e6
            for threads in (1, 2):
                peaks = [scans.scan(f"{kind}/{name}", guarantee, threads).memory for name in sizes]
                cells = " | ".join(f"{peak:.0f}" for peak in peaks)
                print(f"| {label} | {guarantee} words | {pack:.1f} | {threads} | {cells} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("placet")
    parser.add_argument("shared_data")
    parser.add_argument("--megabytes", type=float, default=400, help="text in the larger corpus")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", help="where to make the corpus; kept afterwards (default: a temporary folder)")
    options = parser.parse_args()
    if options.folder and os.path.isdir(options.folder) and os.listdir(options.folder):
        parser.error(f"{options.folder} is not empty; name a folder that is not there yet")
    options.placet = os.path.abspath(options.placet)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or temporary
        os.makedirs(folder, exist_ok=True)
        sizes = prepare(options, folder)
        scans = Scans(options, folder)
        before = material.load()
        print(f"{sizes['whole'] / 1e6:.0f} MB of text in {FILES} files; best of {options.rounds} rounds\n")
        rates(scans, options, sizes["whole"])
        memory(scans, sizes)
        tools = {"placet": [options.placet, "--version"], "libdeflate": ["libdeflate-gzip", "-V"]}
        tools |= {name: [name, "--version"] for name in ("zstd", "gzip")}
        lines = {name: material.first_line(command) for name, command in tools.items()}
        numbers = {name: re.search(r"\d+(\.\d+)+", line) for name, line in lines.items() if line}
        found = "; ".join(f"{name} {number[0]}" for name, number in numbers.items() if number)
        print(f"\n{material.machine()}; load {before} before, {material.load()} after; {found}; {datetime.date.today()}")


if __name__ == "__main__":
    main()
