"""The ``daydream`` command: looks at an experiment and never calls a model; ``snakemake`` does."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

from daydream.cli.grammar import build_parser
from daydream.cli.opening import with_own_options
from daydream.errors import DaydreamError
from daydream.formats import printable
from daydream.store.file_errors import file_error


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    arguments = build_parser().parse_args(argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal may lack characters that models use
    try:
        for line in arguments.run(arguments.opened(arguments), arguments):
            shown = printable(line)  # texts of models and providers are among the lines
            print(shown if arguments.quotes else with_own_options(shown, arguments))
        sys.stdout.flush()  # here, or a reader that has left would be noticed too late to be caught
    except BrokenPipeError:  # the reader, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        print(file=sys.stderr)  # the shell's prompt belongs on a line of its own
        return 130
    except (DaydreamError, OSError) as error:
        message = file_error(error) if isinstance(error, OSError) else error
        told = with_own_options(printable(" ".join(str(message).split())), arguments)
        print(f"Error: {told}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
