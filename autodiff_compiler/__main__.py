"""`python -m autodiff_compiler`: see `cli`."""

import sys

from autodiff_compiler.cli import main

if __name__ == "__main__":
    sys.exit(main())
