"""How many URLs a second `placet gate` answers on one core: `python3 crates/placet/benches/gate.py DATA PLACET`.

DATA is the folder of real material (see conformance/robots/SOURCE.md), PLACET the built command. The snapshot is the folder of 998 real
robots.txt files, the URLs are those of its cases, repeated. Two runs of different length are measured, so that their difference is the
rate with warm hosts: every file parsed, every line still read, answered and written.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time

SHORT, LONG = 1_000_000, 5_000_000


def run(placet, folder, urls, lines, use):
    path = os.path.join(folder, "urls.txt")
    with open(path, "w") as out:
        block = "\n".join(urls) + "\n"
        for _ in range(lines // len(urls)):
            out.write(block)
        out.write("\n".join(urls[: lines % len(urls)]) + "\n")
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    with open(path, "rb") as lines_in, open(os.devnull, "wb") as out:
        command = [placet, "gate", "--site-records", os.path.join(folder, "dev_robots"), "--agent", "GPTBot", "--use", use]
        subprocess.run(command, stdin=lines_in, stdout=out, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.monotonic() - began, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    data, placet = sys.argv[1], os.path.abspath(sys.argv[2])
    robots = os.path.join(data, "robots")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["tar", "--zstd", "-xf", os.path.join(robots, "real_files.tar.zst"), "-C", folder], check=True)
        with open(os.path.join(robots, "real_cases.jsonl")) as cases:
            urls = [json.loads(line)["url"] for line in cases]
        print(f"{len(urls):,} different URLs; load {os.getloadavg()[0]:.1f}\n")
        print("| lines | seconds | processor seconds | answers a second of processor time |\n|--:|--:|--:|--:|")
        times = {}
        for lines in (SHORT, LONG):
            seconds, processor = min((run(placet, folder, urls, lines, "access") for _ in range(3)), key=lambda t: t[1])
            times[lines] = processor
            print(f"| {lines:,} | {seconds:.2f} | {processor:.2f} | {lines / processor:,.0f} |")
        warm = (LONG - SHORT) / (times[LONG] - times[SHORT])
        print(f"| warm hosts | | | {warm:,.0f} |")


main()
