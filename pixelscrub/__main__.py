"""`python -m pixelscrub`."""

from pixelscrub.cli import main

main()
