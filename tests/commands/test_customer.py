import json


def test_a_customer_is_shown_with_the_files_and_rows_that_he_comes_from(night):
    customer_id, source_file, source_row = night.rows(
        "select customer_id, source_file, source_row from marts.bridge_customer_records "
        "where source_system = 'dms' and entity = 'sales' order by source_file, source_row limit 1"
    )[0]
    answer = night.command("customer", customer_id)
    assert answer.exit_code == 0
    assert source_file in answer.stdout
    shown = json.loads(night.command("customer", customer_id, "--json").stdout)
    assert shown["profile"]["customer_id"] == customer_id
    assert (source_file, source_row) in {(record["source_file"], record["source_row"]) for record in shown["records"]}
    assert shown["contacts"]


def test_an_id_that_never_was_is_told(night):
    answer = night.command("customer", "nobody")
    assert answer.exit_code == 3
    assert "UnknownCustomer: customer nobody" in answer.stderr
