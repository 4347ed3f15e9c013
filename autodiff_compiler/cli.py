"""The command line: show a generated derivative, or write it as a module."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from autodiff_compiler.api import Derivative, grad
from autodiff_compiler.api.saving import write
from autodiff_compiler.api.transformed import Transformed
from autodiff_compiler.errors import AutodiffError

OK, REFUSED, USAGE = 0, 1, 2

EXAMPLES = """\
examples:
  python -m autodiff_compiler show examples/newton.py:newton --wrt a
  python -m autodiff_compiler show examples/neuron.py:loss --wrt w,x,b --mode forward
  python -m autodiff_compiler emit examples/newton.py:newton --wrt a -o newton_grad.py

Argument types are those of the annotations; parameters without one are floats.
Exit status: 0 done, 1 the function is refused (the report is on stderr), 2 wrong usage.
"""


class UsageError(Exception):
    """The command line names something that isn't there."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        derivative = _derivative(options)
        if options.command == "show":
            print(derivative.source, end="")
        else:
            write(options.output, derivative.module_text(), overwrite=options.force)
    except (UsageError, FileExistsError) as error:
        parser.exit(USAGE, f"{parser.prog}: error: {error}\n")
    except AutodiffError as error:
        print(error, *getattr(error, "__notes__", ()), sep="\n\n", file=sys.stderr)
        return REFUSED
    return OK


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m autodiff_compiler",
        description="Differentiates a Python function by writing its derivative as Python.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    show = commands.add_parser("show", help="print the generated derivative")
    emit = commands.add_parser("emit", help="write it as a module that needs only NumPy")
    for command in (show, emit):
        command.epilog = EXAMPLES
        command.formatter_class = argparse.RawDescriptionHelpFormatter
        command.add_argument(
            "target", metavar="FILE:FUNCTION", help="a function of a file; methods as Class.name"
        )
        command.add_argument(
            "--wrt",
            metavar="NAME[,NAME]",
            help="the parameters to differentiate with respect to; "
            "may be left out where the function is decorated with grad",
        )
        command.add_argument(
            "--mode", choices=("reverse", "forward"), help="the default is reverse"
        )
    emit.add_argument("-o", "--output", required=True, metavar="OUT", type=Path)
    emit.add_argument("--force", action="store_true", help="replace OUT if it exists")
    return parser


def _derivative(options: argparse.Namespace) -> Derivative:
    path, colon, name = options.target.rpartition(":")
    if not colon or not name:
        raise UsageError(f"{options.target!r} is not of the form FILE:FUNCTION")
    function: object = _loaded(Path(path))
    for part in name.split("."):
        function = getattr(function, part, None)
    if isinstance(function, Derivative) and options.wrt is None and options.mode is None:
        return function
    if isinstance(function, Transformed):
        function = function.primal
    if not callable(function):
        raise UsageError(f"{path} has no function {name!r}")
    if options.wrt is None:
        raise UsageError("--wrt is needed: the parameters to differentiate with respect to")
    names = [part.strip() for part in options.wrt.split(",")]
    try:
        return grad(
            function, names[0] if len(names) == 1 else names, mode=options.mode or "reverse"
        )
    except AutodiffError as error:
        raise UsageError(str(error)) from None


def _loaded(path: Path) -> ModuleType:
    """The file as a module. Its folder comes first on the path, as if it were run as a script;
    what it prints goes to stderr."""
    if not path.is_file():
        raise UsageError(f"there is no file {str(path)!r}")
    name = path.stem if path.stem not in sys.modules else f"_loaded_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path.resolve())
    if spec is None or spec.loader is None:
        raise UsageError(f"{str(path)!r} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    sys.path.insert(0, str(path.resolve().parent))
    try:
        with contextlib.redirect_stdout(sys.stderr):
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        trace = "".join(traceback.format_exception(error))
        raise UsageError(f"{path} can't be loaded:\n{trace}") from None
    return module
