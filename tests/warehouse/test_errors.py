import pickle

from warehouse.errors import Dealer360Error


class UnknownDealer(Dealer360Error):
    """For these tests."""


ERROR = UnknownDealer(
    "d07 / dms / sales_20260131.csv",
    found="dealer d07",
    expected="one of\nd01, d02",
    do="add dealers/d07.yml. Nothing was loaded.",
)


def test_an_error_reads_where_found_expected_do():
    assert str(ERROR).splitlines() == [
        "UnknownDealer: d07 / dms / sales_20260131.csv",
        "  found:    dealer d07",
        "  expected: one of",
        "            d01, d02",
        "  do:       add dealers/d07.yml. Nothing was loaded.",
    ]


def test_an_error_reads_the_same_after_it_has_passed_between_processes():
    assert str(pickle.loads(pickle.dumps(ERROR))) == str(ERROR)
