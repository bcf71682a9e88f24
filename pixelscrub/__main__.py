"""`python -m pixelscrub`."""

from pixelscrub.commands.cli import main

main()
