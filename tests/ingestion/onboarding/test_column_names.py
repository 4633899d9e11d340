"""Names of columns compared by what they mean."""

from __future__ import annotations

import pytest

from ingestion.contracts import load_contracts
from ingestion.onboarding.column_names import likeness, our_word, speaks_of, tokens_of, words_of


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("CustomerFirstName", "customer_first_name"),
        ("Тел. клиента", "Телефон покупателя"),
        ("Г.в.", "Год"),
        ("№ з/н", "Номер заказ-наряда"),
        ("VIN", "ВИН"),
        ("ДатаРождения", "Birth date"),
        ("Стоимость з/ч", "Parts price"),
        ("Дата закр.", "Closed date"),
        ("Ответств.", "Менеджер"),
        ("Дата 1-й рег.", "Дата первой регистрации"),
    ],
)
def test_two_writings_of_one_thing_are_the_same(name: str, other: str) -> None:
    assert likeness(tokens_of(name), tokens_of(other)) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("name", "other"),
    [("Телефон менеджера", "Телефон"), ("Trade-in VIN", "VIN"), ("Дата изменения", "Дата"), ("Факс", "Телефон")],
)
def test_what_belongs_to_somebody_or_something_else_is_barred(name: str, other: str) -> None:
    assert likeness(tokens_of(name), tokens_of(other)) < 0.2


def test_a_question_is_as_like_as_the_part_of_the_name_that_it_holds() -> None:
    question = tokens_of("Насколько вероятно, что вы порекомендуете нашу компанию своим друзьям и знакомым?")
    assert likeness(question, tokens_of("recommend")) > 0.5


def test_words_are_told_apart_in_every_way_of_writing_names() -> None:
    assert words_of("BuyerCellPhone") == words_of("buyer_cell_phone") == words_of("Buyer Cell-Phone")


def test_a_word_of_the_dealer_is_ours_by_the_contract_or_by_its_beginning() -> None:
    sales = load_contracts()["dms", "sales"]
    assert our_word(sales, "vehicle_condition", "Б/У") == "used"
    assert our_word(sales, "vehicle_condition", "С пробегом до 30 тыс.") == "used"
    assert our_word(sales, "consent_marketing", "Не согласен") == "denied"
    assert our_word(sales, "consent_marketing", "+") == "granted"
    assert our_word(sales, "status", "Ждём ПТС") is None


def test_a_file_is_told_by_the_words_of_its_name() -> None:
    assert speaks_of(words_of("Реестр заказ-нарядов март"), "dms.service_orders")
    assert not speaks_of(words_of("Реестр заказ-нарядов март"), "dms.sales")
