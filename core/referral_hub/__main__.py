"""`python -m referral_hub`: the command line, where the `hub` command is not on the path."""

from referral_hub.cli import main

main()
