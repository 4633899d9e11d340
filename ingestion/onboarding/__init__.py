"""A new dealer's file becomes a draft of the dealer's YAML: columns matched by their names and by the look of cells."""
