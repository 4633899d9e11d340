"""The second gate: suites for the published marts, named as the marts, and checks across several of them."""
