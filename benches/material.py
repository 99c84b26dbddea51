"""What the benchmarks share: real texts, a measured child process, a description of the machine."""

import csv
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import time

START = re.compile(r"\*\*\* ?START OF.*?\*\*\*", re.S)
END = re.compile(r"\*\*\* ?END OF")


def members(archive):
    """Name and text of each file in a .tar.zst."""
    with subprocess.Popen(["zstd", "-dc", archive], stdout=subprocess.PIPE) as unpack:
        with tarfile.open(fileobj=unpack.stdout, mode="r|") as files:
            for entry in files:
                if entry.isfile():
                    yield entry.name, files.extractfile(entry).read().decode("utf-8", "replace")


def books(shared):
    """The catalogue's rows in its order, each with its text without Project Gutenberg's frame."""
    texts = dict(members(os.path.join(shared, "text/books.tar.zst")))
    catalogue = next(text for name, text in texts.items() if name.endswith("works.csv"))
    by_file = {name.rsplit("/", 1)[-1]: text for name, text in texts.items()}
    rows = list(csv.DictReader(io.StringIO(catalogue)))
    for row in rows:
        text = by_file[row["file"].rsplit("/", 1)[-1]]
        begin, end = START.search(text), END.search(text)
        row["text"] = text[begin.end() if begin else 0 : end.start() if end else len(text)]
    return rows


def encyclopaedia(shared):
    """WikiText-2 in one string, the marks of its tokenisation taken out."""
    archive = os.path.join(shared, "text/wikitext-2.tar.zst")
    text = "\n".join(text for name, text in members(archive) if name.endswith(".txt"))
    text = re.sub(r" @(.)@ ", r"\1", text.replace("<unk>", "Unk"))
    return re.sub(r" ([.,;:!?%)])", r"\1", text)


class Measured:
    """A program run to its end: exit code, wall and processor seconds, peak resident memory in MB.

    It is started from a small process, because the system counts a child's peak from the size of its parent on.
    """

    def __init__(self, command, **options):
        launcher = [sys.executable, "-I", "-S", os.path.abspath(__file__), *command]
        child = subprocess.run(launcher, capture_output=True, text=True, check=False, **options)
        self.stderr, _, figures = child.stderr.rpartition("\n#")
        self.code, self.wall, self.cpu, self.memory = json.loads(figures)
        self.stdout = child.stdout


def measure(command, **options):
    """As `Measured`; ends the benchmark where the command failed."""
    child = Measured(command, **options)
    if child.code not in (0, 10):
        sys.exit(f"{' '.join(command)} ended with {child.code}: {child.stderr[-2000:]}")
    return child


def first_line(command):
    """First line a program prints, or nothing where there is no such program."""
    try:
        reply = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return (reply.stdout + reply.stderr).strip().split("\n")[0]


def machine():
    """Processor, cores, memory and load."""
    cpu = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "?")
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return f"{cpu}, {os.cpu_count()} cores, {memory:.0f} GB"


def load():
    """Number of runnable processes, averaged over the last minute."""
    return f"{os.getloadavg()[0]:.1f}"


def launch(command):
    """Runs the command and adds its figures to the standard error stream."""
    begin = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(child, 0)
    wall, cpu = time.perf_counter() - begin, usage.ru_utime + usage.ru_stime
    figures = [os.waitstatus_to_exitcode(status), wall, cpu, usage.ru_maxrss / 1024]
    print("\n#" + json.dumps(figures), file=sys.stderr)


if __name__ == "__main__":
    launch(sys.argv[1:])
