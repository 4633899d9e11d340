"""The two gates: what a batch and a finished build must hold."""
