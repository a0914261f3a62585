"""One group of `make bench` in a process of its own: its figures are the last line of standard output."""

import json
import sys

from tests.load.runner import run_group

if __name__ == "__main__":
    print(json.dumps(run_group(sys.argv[1])))
