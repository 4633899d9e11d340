"""What a command's exit code means, for schedulers and shell scripts."""

DONE = 0
REFUSED = 1
"""Done, but something was refused, and was said."""
WRONG_USE = 2
FAILED = 3
"""Failed; nothing changed."""
