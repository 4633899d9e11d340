"""Step 1 of a record's way: a dealer's file becomes rows in schema raw."""
