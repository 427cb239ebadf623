"""The long storm: over ten thousand calls of two workers with 24 keys, and not one before its reset.

python -m tests.bench.rate [SECONDS]
"""

import sys

from tests.faults.storm import storm

SECONDS = 420.0


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    print(storm(seconds), flush=True)


if __name__ == "__main__":
    main()
