"""Run workspaces in virtual time and print the digest of each: ``python virtual_digests.py SECONDS SEED OUT FILE...``.

For other Pythons and hash seeds than the tests' own; the copies the runs worked on are left in the folder OUT.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from workbench.host.virtual import run_virtual


def main() -> None:
    seconds, seed, out, *files = sys.argv[1:]
    told = {}
    for file in map(Path, files):
        told[file.stem] = run_virtual(file, int(seed), float(seconds), Path(out) / file.name).digest.text
    print(json.dumps(told))


if __name__ == "__main__":
    main()
