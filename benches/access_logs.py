"""`placet evidence add` over an access log, beside `goaccess` on the same question: who visited, how often.

usage: access_logs.py PLACET [--megabytes N] [--rounds N] [--folder FOLDER]

Makes a log in the Combined format (one visit in 25 by an agent of an AI system, 400 different user agents, 20,000 paths),
plain and with gzip, counts the visits of each agent with a plain loop as the truth, and runs both programs on the plain log
in turns within the same run. `placet` also keeps paths and times and hashes the log; `goaccess` builds its report as JSON.
CPU seconds are user and system together; the best round counts. Prints a Markdown table.
"""

import argparse
import collections
import gzip
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time

AGENTS = [
    ("GPTBot", "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)"),
    ("ClaudeBot", "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)"),
    ("CCBot", "CCBot/2.0 (https://commoncrawl.org/faq/)"),
    ("Bytespider", "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (compatible; Bytespider; spider-feedback@bytedance.com)"),
]


def write_log(path, size, chance):
    """The log, and the visits of each agent in it."""
    people = [
        f"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.{n} (KHTML, like Gecko) Chrome/1{n % 50}.0.{n}.0 Safari/537.{n}"
        for n in range(400)
    ]
    truth = collections.Counter()
    written = second = 0
    with open(path, "w") as log:
        while written < size:
            if chance.randrange(25) == 0:
                token, agent = chance.choice(AGENTS)
                truth[token] += 1
            else:
                agent = chance.choice(people)
            second += chance.randrange(2)
            day, rest = divmod(second % (28 * 86400), 86400)
            when = f"{day + 1:02}/Feb/2026:{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02} +0000"
            address = f"{chance.randrange(1, 224)}.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randrange(256)}"
            path_ = f"/articles/{chance.randrange(20000)}/a-title-of-some-words.html"
            line = f'{address} - - [{when}] "GET {path_} HTTP/1.1" {chance.choice([200, 200, 200, 304, 404])} {chance.randrange(90000)} "https://example.org/" "{agent}"\n'
            log.write(line)
            written += len(line)
    return truth


def run(command, **more):
    """Wall-clock and CPU seconds of a child, and what it printed."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, **more)
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{command}: {done.stderr}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("placet")
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder")
    given = parser.parse_args()
    folder = given.folder or tempfile.mkdtemp()
    os.makedirs(folder, exist_ok=True)
    log = os.path.join(folder, "access.log")
    truth = write_log(log, given.megabytes * 1_000_000, random.Random(7))
    with open(log, "rb") as plain, gzip.open(log + ".gz", "wb", compresslevel=6) as packed:
        shutil.copyfileobj(plain, packed, 1 << 20)
    placet = os.path.abspath(given.placet)
    home = os.path.join(folder, "home")
    shutil.rmtree(home, ignore_errors=True)
    subprocess.run([placet, "--home", home, "init", "--name", "bench"], check=True, capture_output=True)
    add = [placet, "--home", home, "--json", "evidence", "add"]
    rounds = collections.defaultdict(list)
    for _ in range(given.rounds):
        wall, cpu, out = run(add + [log])
        rounds["placet, plain"].append((cpu, wall))
        found = {a["agent"]: a["visits"] for a in json.loads(out)["document"]["found"]["agents"]}
        assert found == dict(truth), (found, truth)
        wall, cpu, _ = run(add + [log + ".gz"])
        rounds["placet, gzip"].append((cpu, wall))
        wall, cpu, _ = run(["sh", "-c", f"gzip -dc '{log}.gz' > /dev/null"])
        rounds["gzip -dc alone"].append((cpu, wall))
        if shutil.which("goaccess"):
            report = os.path.join(folder, "goaccess.json")
            wall, cpu, _ = run(["goaccess", log, "--log-format=COMBINED", "--no-progress", "-a", "-o", report])
            rounds["goaccess, plain"].append((cpu, wall))
    megabytes = os.path.getsize(log) / 1e6
    print(f"{megabytes:.0f} MB, {sum(truth.values())} visits of agents; every count equals the truth\n")
    print("| what | CPU s | wall s | MB per CPU s |\n|---|---:|---:|---:|")
    for name, times in rounds.items():
        cpu, wall = min(times)
        print(f"| {name} | {cpu:.2f} | {wall:.2f} | {megabytes / cpu:.0f} |")


if __name__ == "__main__":
    main()
