from __future__ import annotations

import subprocess
import sys

from expectations.lean_import import import_lean


def told_by(program: str) -> str:
    """What a Python of its own prints, in which nothing was imported before."""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return run.stdout.strip()


def test_the_gate_imports_no_library_for_expectations_that_no_suite_has():
    left = told_by(
        "from expectations.gate import get_ready, suites_of\n"
        "import sys\n"
        "get_ready().join()\n"
        "assert suites_of('raw')\n"
        "print('great_expectations' in sys.modules, 'scipy' in sys.modules, 'altair' in sys.modules)"
    )

    assert left == "True False False"


def test_what_was_left_out_is_there_for_whoever_uses_it():
    entropy = told_by(
        "from expectations.lean_import import import_lean\n"
        "import_lean('expectations.validation')\n"
        "from great_expectations.expectations.core import expect_column_kl_divergence_to_be_less_than as module\n"
        "print(round(module.stats.entropy([0.5, 0.5]), 4), module.alt.Chart.__name__)\n"
        "import scipy.stats\n"
        "print(round(scipy.stats.entropy([0.5, 0.5]), 4))"
    )

    assert entropy.split() == ["0.6931", "Chart", "0.6931"]


def test_a_library_that_is_there_already_is_used_as_it_is():
    import scipy.stats

    import_lean("expectations.validation")

    assert sys.modules["scipy.stats"] is scipy.stats
