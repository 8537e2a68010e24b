"""`python -m hd_assets` is the command line."""

from hd_assets.cli import main

main()
