"""`python -m app.cli` is `toyguide`."""

from app.cli.main import main

main()
