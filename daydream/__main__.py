"""``python -m daydream``, and what the ``daydream`` command starts."""

import sys

from daydream.experiment.installation import how_to_install, missing_packages


def main() -> int:
    """Run the command line, or say which packages are to be installed first."""
    if missing := missing_packages():
        print(f"Error: {how_to_install(missing)}", file=sys.stderr)
        return 1
    from daydream.cli.main import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
