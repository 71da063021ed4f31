"""`python -m controller.cli`: the command without its script."""

import sys

from controller.cli.main import main

sys.exit(main())
