"""`python -m mvoting`."""

import sys

from mvoting.cli import main

sys.exit(main())
