"""``python -m notebook_routes``: the program for those whose PATH does not have it."""

from notebook_routes.tooling.cli import main

if __name__ == "__main__":
    main()
