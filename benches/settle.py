"""`placet settle` beside the same division in pandas and in SQL (DuckDB), in one run.

usage: settle.py PLACET [--uses 100000,1000000,10000000] [--rounds N] [--folder FOLDER]

Makes use records (Parquet) over a tenth as many works with three claims each (CSV), a fifth as many parties as works; of
ten works one is over-claimed and one under-claimed. Every program reads the same files and writes what each party is due.
The results must agree to the minor unit for every party. The two others do no more than the division: no check of
anything, no duplicates sought, no trace back, no proof. Prints Markdown tables; CPU time is user and system together.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

TARIFF = """schema = "placet.tariff/1"
id = "bench"
title = "One pool, by words"
source = "made for measuring"
currency = "EUR"
[[stream]]
name = "training"
uses = ["train-gen"]
rights = ["reproduction-training"]
charge = { kind = "fixed", amount = "98765432.10 EUR" }
key = { kind = "amount" }
"""
POOL_GRAINS = 9876543210 * 10**9
SPLITS = [("1/2", "1/4", "1/4"), ("1/3", "1/3", "1/3"), ("2/3", "1/6", "1/6"), ("3/5", "1/5", "1/5")] * 2
SPLITS += [("1/2", "1/2", "1/4"), ("1/2", "1/4", "1/8")]

PANDAS = """
import sys, pandas as pd
uses = pd.read_parquet(sys.argv[1], columns=["work", "amount", "repetitions"])
claims = pd.read_csv(sys.argv[2], usecols=["work", "party", "share"])
amount = (uses.amount * uses.repetitions).groupby(uses.work).sum()
of_work = amount * (float(%d) / amount.sum())
part = claims.share.str.split("/", expand=True).astype(float)
claims["share"] = part[0] / part[1]
excess = (claims.groupby("work").share.transform("sum") - 1).clip(lower=0)
excess[excess < 1e-9] = 0
claims["due"] = (claims.share - excess).clip(lower=0) * claims.work.map(of_work).fillna(0)
claims.groupby("party").due.sum().to_csv(sys.argv[3], header=False)
""" % POOL_GRAINS

SQL = """
import sys, duckdb
db = duckdb.connect()
db.execute("SET threads = 2")
db.execute(f'''COPY (
WITH amounts AS (SELECT work, sum(amount * repetitions)::HUGEINT AS n FROM read_parquet('{sys.argv[1]}') GROUP BY work),
total AS (SELECT sum(n)::HUGEINT AS n FROM amounts),
due AS (SELECT work, (%d::HUGEINT * amounts.n) // total.n AS grains FROM amounts, total),
claim AS (SELECT work, party, split_part(share, '/', 1)::HUGEINT * (120 // split_part(share, '/', 2)::HUGEINT) AS part
          FROM read_csv('{sys.argv[2]}', all_varchar = true)),
excess AS (SELECT work, greatest(sum(part) - 120, 0)::HUGEINT AS n FROM claim GROUP BY work)
SELECT party, sum(due.grains * greatest(claim.part - excess.n, 0) // 120)::HUGEINT FROM claim JOIN excess USING (work) JOIN due USING (work)
GROUP BY party) TO '{sys.argv[3]}' (HEADER false)''')
""" % POOL_GRAINS


def make(folder, number, chance):
    import pyarrow as pa
    import pyarrow.parquet as pq

    works = number // 10
    parties = max(works // 5, 3)
    schema = pa.schema(
        [(n, pa.string()) for n in ("work", "use", "day", "unit", "grant")]
        + [(n, pa.uint64()) for n in ("amount", "repetitions")]
    )
    with pq.ParquetWriter(os.path.join(folder, "uses.parquet"), schema, compression="zstd") as out:
        done = 0
        while done < number:
            size = min(500_000, number - done)
            # Every work once, then by chance, the small numbers more often.
            which = [done + i if done + i < works else int(works * chance.random() ** 2) for i in range(size)]
            out.write_table(
                pa.table(
                    [
                        pa.array([f"w{w}" for w in which]),
                        pa.array(["train-gen"] * size),
                        pa.array([f"2026-{7 + w % 3:02}-{1 + w % 28:02}" for w in which]),
                        pa.array(["word"] * size),
                        pa.array(["g1"] * size),
                        pa.array([chance.randrange(1, 100_000) for _ in which], pa.uint64()),
                        pa.array([1 + w % 4 for w in which], pa.uint64()),
                    ],
                    schema=schema,
                )
            )
            done += size
    with open(os.path.join(folder, "claims.csv"), "w") as out:
        out.write("id,work,party,role,right,share,asserted_at\n")
        for w in range(works):
            first = chance.randrange(parties)
            for i, share in enumerate(SPLITS[w % 10]):
                party = (first + i * 7919) % parties if parties > 7919 * 2 else (first + i) % parties
                role = ("composer", "lyricist", "publisher")[i]
                out.write(f"c{w}-{i},w{w},p{party},{role},reproduction-training,{share},2026-01-01\n")
    with open(os.path.join(folder, "tariff.toml"), "w") as out:
        out.write(TARIFF)


def measured(command, folder):
    """Seconds, CPU seconds, largest resident set in MB."""
    begin = time.monotonic()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    if status:
        sys.exit(f"{command[:3]} failed")
    return time.monotonic() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def due(path):
    with open(path) as lines:
        rows = (line.rstrip("\n").rsplit(",", 1) for line in lines)
        return {party: float(amount) for party, amount in rows}


def due_of_placet(path):
    import csv

    with open(path) as rows:
        return {row["of"]: -int(row["grains"]) for row in csv.DictReader(rows) if row["kind"] == "due"}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("placet")
    arguments.add_argument("--uses", default="100000,1000000,10000000")
    arguments.add_argument("--rounds", type=int, default=1)
    arguments.add_argument("--folder")
    given = arguments.parse_args()
    base = given.folder or tempfile.mkdtemp(prefix="placet-settle-")
    placet = os.path.abspath(given.placet)
    print("| use records | works | program | seconds | CPU seconds | CPU us a record | memory MB |")
    print("|--:|--:|---|--:|--:|--:|--:|")
    ends = []
    for number in map(int, given.uses.split(",")):
        folder = os.path.join(base, str(number))
        if not os.path.exists(os.path.join(folder, "tariff.toml")):
            os.makedirs(folder, exist_ok=True)
            make(folder, number, random.Random(number))
        rounds = {}
        for _ in range(given.rounds):
            for old in ("settlement", "home"):
                shutil.rmtree(os.path.join(folder, old), ignore_errors=True)
            settle = [placet, "settle", "--uses", "uses.parquet", "--claims", "claims.csv", "--tariff", "tariff.toml"]
            settle += ["--period", "2026-Q3", "--licensee", "L", "-o", "settlement", "--home", "home"]
            commands = {
                "placet settle": settle,
                "pandas": [sys.executable, "-c", PANDAS, "uses.parquet", "claims.csv", "pandas.csv"],
                "DuckDB": [sys.executable, "-c", SQL, "uses.parquet", "claims.csv", "duckdb.csv"],
            }
            for name, command in commands.items():
                rounds.setdefault(name, []).append(measured(command, folder))
        for name, results in rounds.items():
            seconds, cpu, memory = min(results, key=lambda r: r[1])
            each = cpu / number * 1e6
            print(f"| {number:,} | {number // 10:,} | {name} | {seconds:.1f} | {cpu:.1f} | {each:.2f} | {memory:,.0f} |")
        ours = due_of_placet(os.path.join(folder, "settlement", "accounts.csv"))
        for name in ("pandas", "duckdb"):
            theirs = {p: n for p, n in due(os.path.join(folder, name + ".csv")).items() if n > 0}
            if ours.keys() != theirs.keys():
                sys.exit(f"{name}: other parties")
            worst = max(abs(ours[p] - theirs[p]) for p in ours)
            if worst >= 10**9:
                sys.exit(f"{name}: off by {worst / 1e9} minor units")
            ends.append(f"{number:,}: {name} agrees for {len(ours):,} parties, at most {worst / 1e9:.6f} of a minor unit apart")
        party = max(ours, key=ours.get)
        seconds, cpu, _ = measured([placet, "statement", "settlement", "--party", party], folder)
        ends.append(f"{number:,}: one statement in {seconds:.2f} s, {cpu:.2f} s CPU")
        with open(os.path.join(folder, "settlement", "settlement.json")) as file:
            ends.append(f"{number:,}: {json.load(file)['lines']:,} lines")
    print()
    print("\n".join("- " + end for end in ends))
    if not given.folder:
        shutil.rmtree(base)


if __name__ == "__main__":
    main()
