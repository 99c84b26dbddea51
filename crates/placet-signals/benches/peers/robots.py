"""The Python peers on the same files and questions; called by the bench, prints rows of its table."""

import json
import pathlib
import sys
import time
import urllib.robotparser

ROUNDS = 3


def rows(folder, cases):
    files = {c["robots_file"]: None for c in cases}
    for name in files:
        files[name] = (folder / name).read_bytes().decode("utf-8", "replace")
    peers = []
    try:
        import protego

        version = getattr(protego, "__version__", None)
        if version is None:
            import importlib.metadata

            version = importlib.metadata.version("protego")
        peers.append((f"Protego {version}", protego.Protego.parse, lambda rp, a, u: rp.can_fetch(u, a)))
    except ImportError:
        print("protego is not installed: pip install protego", file=sys.stderr)

    def urllib_parse(text):
        rp = urllib.robotparser.RobotFileParser()
        rp.parse(text.splitlines())
        return rp

    name = f"urllib.robotparser {sys.version_info.major}.{sys.version_info.minor}"
    peers.append((name, urllib_parse, lambda rp, a, u: rp.can_fetch(a, u)))
    for name, parse, decide in peers:
        parsed, best = {}, float("inf")
        for _ in range(ROUNDS):
            start = time.perf_counter()
            for key, text in files.items():
                parsed[key] = parse(text)
            best = min(best, time.perf_counter() - start)
        parse_rate = len(files) / best
        best = float("inf")
        for _ in range(ROUNDS):
            agree = 0
            start = time.perf_counter()
            for c in cases:
                agree += decide(parsed[c["robots_file"]], c["agent"], c["url"]) == c["allowed"]
            best = min(best, time.perf_counter() - start)
        print(f"| {name} | {parse_rate:.0f} | {len(cases) / best:.0f} | {agree} |")


if __name__ == "__main__":
    with open(sys.argv[2], encoding="utf-8") as lines:
        rows(pathlib.Path(sys.argv[1]), [json.loads(line) for line in lines])
