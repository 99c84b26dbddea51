"""The ways to the same answer that people use today, each run alone in a process: methods.py NAME FOLDER.

All read the same files, take the same words (lower case, without punctuation) and run on one thread, without Python's
cyclic garbage collector, which only slows them. Each returns, for a document, the works it names, or [""] where it can
only say "something". Settings are generous: windows overlap, band counts find what is far below the usual threshold of
0.7 or 0.8, and candidates are checked before they count.
"""

import bisect
import csv
import gc
import json
import os
import re
import resource
import sys
import time

SHINGLE = 5  # words in a shingle, as in datatrove, dolma and text-dedup
GRAM = 8  # words in a gram of the filters and tables
RUN = 8  # grams in a row that count as an excerpt: 15 words
WINDOW, BOOK_STRIDE, DOCUMENT_STRIDE = 50, 25, 12  # words
PERMUTATIONS, BANDS, LEAST_JACCARD = 64, 32, 0.15
PROBE, LEAST_LETTERS = 50, 75  # of the suffix array: letters looked up, letters that count

WORDS = re.compile(r"\w+")
APOSTROPHES = str.maketrans("", "", "'’‘_")


def words(text):
    return WORDS.findall(text.lower().translate(APOSTROPHES))


def works(folder):
    for row in csv.DictReader(open(os.path.join(folder, "works.csv"), encoding="utf-8")):
        yield row["work_id"], words(open(os.path.join(folder, row["file"]), encoding="utf-8").read())


def documents(folder):
    for line in open(os.path.join(folder, "corpus/documents.jsonl"), encoding="utf-8"):
        document = json.loads(line)
        yield document["id"], words(document["text"])


def grams(text, n):
    return [" ".join(text[i : i + n]) for i in range(len(text) - n + 1)]


def windows(shingles, stride):
    """The shingles of a text in overlapping windows."""
    last = max(1, len(shingles) - (WINDOW - SHINGLE))
    return [shingles[i : i + WINDOW - SHINGLE + 1] for i in range(0, last, stride)]


def longest_run(hits):
    best = run = 0
    for hit in hits:
        run = run + 1 if hit else 0
        best = max(best, run)
    return best


# Whole documents, as deduplication does it: one signature for a book, one for a document, Jaccard similarity 0.5.


def rensa_whole(folder):
    from rensa import RMinHash, RMinHashLSH

    names, index = [], RMinHashLSH(threshold=0.5, num_perm=128, num_bands=32)
    for name, text in works(folder):
        index.insert(len(names), RMinHash.from_token_sets([grams(text, SHINGLE)], 128, 1)[0])
        names.append(name)
    yield
    for document, text in documents(folder):
        sketch = RMinHash.from_token_sets([grams(text, SHINGLE)], 128, 1)[0]
        yield document, [names[key] for key in index.query(sketch)]


def datasketch_whole(folder):
    from datasketch import MinHash, MinHashLSH

    def sketch(text):
        made = MinHash(num_perm=128)
        made.update_batch([gram.encode() for gram in grams(text, SHINGLE)])
        return made

    index = MinHashLSH(threshold=0.5, num_perm=128)
    for name, text in works(folder):
        index.insert(name, sketch(text))
    yield
    for document, text in documents(folder):
        yield document, index.query(sketch(text))


# Windows on both sides, so that an excerpt of 50 words shares most of a window with its book.


def rensa_windows(folder):
    from rensa import RMinHash, RMinHashLSH

    index = RMinHashLSH(threshold=0.2, num_perm=PERMUTATIONS, num_bands=BANDS)
    sketches, owners = [], []
    for name, text in works(folder):
        made = RMinHash.from_token_sets(windows(grams(text, SHINGLE), BOOK_STRIDE), PERMUTATIONS, 1)
        index.insert_many(made, len(sketches))
        sketches += made
        owners += [name] * len(made)
    yield
    for document, text in documents(folder):
        made = RMinHash.from_token_sets(windows(grams(text, SHINGLE), DOCUMENT_STRIDE), PERMUTATIONS, 1)
        pairs = zip(made, index.query_all(made))
        yield document, {owners[k] for m, keys in pairs for k in keys if m.jaccard(sketches[k]) >= LEAST_JACCARD}


def datasketch_windows(folder):
    from datasketch import MinHash, MinHashLSH
    from datasketch.hashfunc import sha1_hash32

    def sketch(text, stride):
        hashes = [sha1_hash32(shingle.encode()) for shingle in grams(text, SHINGLE)]
        return MinHash.bulk(windows(hashes, stride), num_perm=PERMUTATIONS, hashfunc=int)

    index = MinHashLSH(num_perm=PERMUTATIONS, params=(BANDS, PERMUTATIONS // BANDS))
    sketches, owners = [], []
    for name, text in works(folder):
        for made in sketch(text, BOOK_STRIDE):
            index.insert(len(sketches), made, check_duplication=False)
            sketches.append(made)
            owners.append(name)
    yield
    for document, text in documents(folder):
        made = sketch(text, DOCUMENT_STRIDE)
        yield document, {owners[k] for m in made for k in index.query(m) if m.jaccard(sketches[k]) >= LEAST_JACCARD}


def bloom(folder):
    """A Bloom filter of word grams, as in Data Portraits; one false answer in 10,000, runs of answers count."""
    from rbloom import Bloom

    index = Bloom(sum(len(text) for _, text in works(folder)), 0.0001)
    for _, text in works(folder):
        index.update(grams(text, GRAM))
    yield
    for document, text in documents(folder):
        yield document, [""] if longest_run(gram in index for gram in grams(text, GRAM)) >= RUN else []


def table(folder):
    """Every gram's hash in a Python dict, with its work: the first thing one writes."""
    index = {}
    for name, text in works(folder):
        for gram in grams(text, GRAM):
            index.setdefault(hash(gram), name)
    yield
    for document, text in documents(folder):
        named = [index.get(hash(gram)) for gram in grams(text, GRAM)]
        yield document, {name for name in set(named) if name and longest_run(n == name for n in named) >= RUN}


def sorted_table(folder):
    """The same without a Python object for each gram: a sorted NumPy array, searched for a document's grams at once."""
    import numpy

    def hashes(text):
        if len(text) < GRAM:
            return numpy.empty(0, numpy.uint64)
        each = numpy.fromiter(map(hash, text), numpy.int64, len(text)).astype(numpy.uint64)
        mixed = numpy.zeros(len(text) - GRAM + 1, numpy.uint64)
        for i in range(GRAM):
            mixed = mixed * numpy.uint64(0x9E3779B97F4A7C15) + each[i : len(text) - GRAM + 1 + i]
        return mixed

    names, keys, owners = [], [], []
    for name, text in works(folder):
        keys.append(hashes(text))
        owners.append(numpy.full(len(keys[-1]), len(names), numpy.uint16))
        names.append(name)
    keys, owners = numpy.concatenate(keys), numpy.concatenate(owners)
    order = numpy.argsort(keys, kind="stable")
    keys, owners = keys[order], owners[order]
    del order
    yield
    for document, text in documents(folder):
        asked = hashes(text)
        place = numpy.minimum(numpy.searchsorted(keys, asked), len(keys) - 1)
        hit = keys[place] == asked
        named = numpy.where(hit, owners[place], len(names))
        found = {n for n in set(named[hit].tolist()) if longest_run((named == n).tolist()) >= RUN}
        yield document, [names[n] for n in found]


def suffix_array(folder):
    """A suffix array over the works' words; a document is asked at every fourth word, hits are extended both ways."""
    from pydivsufsort import divsufsort, sa_search

    names, starts, parts, length = [], [], [], 0
    for name, text in works(folder):
        part = (" ".join(text) + "\n").encode()
        names.append(name)
        starts.append(length)
        parts.append(part)
        length += len(part)
    everything = b"".join(parts)
    del parts
    array = divsufsort(everything)
    yield
    for document, text in documents(folder):
        line, found = " ".join(text).encode(), set()
        for place in [word.start() for word in re.finditer(rb"\S+", line)][::4]:
            probe = line[place : place + PROBE]
            if len(probe) < PROBE:
                break
            count, first = sa_search(everything, array, probe)
            for entry in array[first : first + min(count, 8)].tolist() if count else []:
                left, right = 0, PROBE
                while left < min(entry, place) and everything[entry - left - 1] == line[place - left - 1]:
                    left += 1
                while place + right < len(line) and everything[entry + right] == line[place + right]:
                    right += 1
                if left + right >= LEAST_LETTERS:
                    found.add(names[bisect.bisect_right(starts, entry) - 1])
        yield document, found


METHODS = {
    "rensa-whole": rensa_whole,
    "datasketch-whole": datasketch_whole,
    "rensa-windows": rensa_windows,
    "datasketch-windows": datasketch_windows,
    "bloom": bloom,
    "table": table,
    "sorted-table": sorted_table,
    "suffix-array": suffix_array,
}


def main():
    name, folder = sys.argv[1:]
    gc.disable()
    marks = [(time.perf_counter(), time.process_time())]
    answers = METHODS[name](folder)
    next(answers)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    marks.append((time.perf_counter(), time.process_time()))
    found = {document: sorted(named) for document, named in answers if named}
    marks.append((time.perf_counter(), time.process_time()))
    (build, build_cpu), (scan, scan_cpu) = [(b[0] - a[0], b[1] - a[1]) for a, b in zip(marks, marks[1:])]
    figures = {"build": build, "build_cpu": build_cpu, "build_memory": memory, "scan": scan, "scan_cpu": scan_cpu}
    json.dump({**figures, "found": found}, open(os.path.join(folder, name + ".json"), "w"))


if __name__ == "__main__":
    main()
