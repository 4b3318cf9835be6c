"""``python -m dealgate``."""

from .cli.main import main

main()
