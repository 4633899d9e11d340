"""Exports of five survey tools, as each writes them; surveys/ holds invented ones."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest

from ingestion.dealer_files import FileFormat, SurveyTool
from ingestion.readers.csv_reader import open_csv
from ingestion.readers.excel_reader import open_excel
from ingestion.readers.reading import ReadTable
from ingestion.readers.survey_tools import PREVIEWS

EXPORTS = Path(__file__).parent / "surveys"


def read(name: str, survey: SurveyTool = "detect") -> tuple[ReadTable, list[dict[str, str | None]]]:
    table = open_csv(EXPORTS / name, FileFormat("csv", survey=survey), frozenset())
    return table, [dict(zip(table.header, row.cells, strict=True)) for row in table.rows]


def ours(name: str) -> list[dict[str, str | None]]:
    """The rows in our columns, as far as the tool fills them by itself."""
    table, rows = read(name)
    return [{column: row[header] for column, header in table.own_columns.items()} for row in rows]


@pytest.mark.parametrize(
    ("name", "tool", "header_rows"),
    [
        ("limesurvey.csv", "limesurvey", 1),
        ("limesurvey_full_ru.csv", "limesurvey", 1),
        ("qualtrics.csv", "qualtrics", 3),
        ("surveymonkey.csv", "surveymonkey", 2),
        ("typeform.csv", "typeform", 1),
        ("google_forms.csv", "google_forms", 1),
        ("google_sheet_en.csv", "google_forms", 1),
    ],
)
def test_the_tool_is_known_by_its_column_names(name: str, tool: str, header_rows: int) -> None:
    table, rows = read(name)
    assert (table.reading.facts["survey"], table.reading.facts.get("header_rows", 1)) == (tool, header_rows)
    assert rows


def test_an_answer_is_complete_in_limesurvey_when_it_was_sent() -> None:
    sent, begun, undated = ours("limesurvey.csv")
    assert sent == {
        "source_id": "101",
        "submitted_at": "2026-03-05 10:15:00",
        "token": "tok-a1",
        "is_complete": "true",
    }
    assert (begun["submitted_at"], begun["is_complete"]) == (None, "false")
    assert undated["is_complete"] == "true"


def test_a_survey_without_dates_is_told() -> None:
    table, _ = read("limesurvey.csv")
    (told,) = [name for name in table.reading.repairs if "1980-01-01" in name]
    assert table.reading.repairs[told] == 1


def test_limesurvey_is_known_in_russian_too() -> None:
    assert [(row["source_id"], row["token"], row["is_complete"]) for row in ours("limesurvey_full_ru.csv")] == [
        ("7", "tok-b7", "true"),
        ("8", "tok-b8", "false"),
    ]


@pytest.mark.parametrize(
    ("names", "tool"),
    [
        ("Sygnatura czasowa;Ocena", "google_forms"),
        ("Zaman damgası;Puan", "google_forms"),
        ("Уақыт белгісі;Баға", "google_forms"),
        ("Antwort ID;Datum Abgeschickt;Letzte Seite;Q1", "limesurvey"),
    ],
)
def test_a_tool_is_known_in_other_languages_of_dealers(tmp_path: Path, names: str, tool: str) -> None:
    file = tmp_path / "export.csv"
    file.write_text(f"{names}\n1;2026-03-13 10:11:12;3;9\n", encoding="utf-8")
    table = open_csv(file, FileFormat("csv", survey="detect"), frozenset())
    assert table.reading.facts["survey"] == tool
    assert {"source_id", "submitted_at", "is_complete"} <= table.own_columns.keys()


def test_a_form_of_google_whose_language_nobody_knows_is_read_when_the_yaml_names_it(tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_text("Ժամանակի նշիչ,Q1\n2026-03-13 10:11:12,9\n", encoding="utf-8")
    assert "survey" not in open_csv(file, FileFormat("csv", survey="detect"), frozenset()).reading.facts
    table = open_csv(file, FileFormat("csv", survey="google_forms"), frozenset())
    assert table.own_columns["submitted_at"] == "Ժամանակի նշիչ"


def test_qualtrics_calls_its_columns_by_the_first_of_its_three_rows() -> None:
    table, _ = read("qualtrics.csv")
    assert table.header[-2:] == ("Q1", "Q2_1")


def test_a_moment_of_qualtrics_is_in_the_zone_that_its_third_row_names() -> None:
    whole, broken_off = ours("qualtrics.csv")
    assert whole == {
        "source_id": "R_1a2b3c",
        "submitted_at": "2026-03-05T07:15:04+00:00",
        "is_complete": "True",
        "email": "anna@example.com",
    }
    assert broken_off["is_complete"] == "False"
    # By the twelfth of March summer time has begun in Denver.
    assert broken_off["submitted_at"] == "2026-03-12T07:11:09+00:00"


def test_progress_tells_whether_an_answer_of_qualtrics_is_whole_where_nothing_else_does(tmp_path: Path) -> None:
    file = tmp_path / "q.csv"
    file.write_text("StartDate,EndDate,Progress,ResponseId\n2026-03-05,2026-03-05,100,R_1\n,,99,R_2\n", "utf-8")
    table = open_csv(file, FileFormat("csv", survey="detect"), frozenset())
    assert [row.cells[-1] for row in table.rows] == ["true", "false"]


def test_a_qualtrics_export_that_lost_its_row_of_ids_has_two_rows_of_header(tmp_path: Path) -> None:
    file = tmp_path / "q.csv"
    header = "StartDate,EndDate,Finished,ResponseId\nStart Date,End Date,Finished,Response ID\n"
    file.write_text(header + "2026-03-05,2026-03-05,True,R_1\n", "utf-8")
    table = open_csv(file, FileFormat("csv", survey="detect"), frozenset())
    assert [row.cells[3] for row in table.rows] == ["R_1"]


@pytest.mark.parametrize("status", ["Survey Preview", "Survey Test", "1", "17"])
def test_answers_of_the_surveys_own_author_are_none_and_told(tmp_path: Path, status: str) -> None:
    file = tmp_path / "q.csv"
    answers = f"2026-03-05,IP Address,True,R_1\n2026-03-05,{status},True,R_2\n2026-03-05,0,True,R_3\n"
    file.write_text(f"StartDate,Status,Finished,ResponseId\n{answers}", "utf-8")
    table = open_csv(file, FileFormat("csv", survey="detect"), frozenset())
    assert [row.cells[3] for row in table.rows] == ["R_1", "R_3"]
    assert table.reading.repairs[PREVIEWS] == 1


@pytest.mark.parametrize(
    ("header", "end"),
    [
        ("Respondent ID,Collector ID,Start Date,End Date,Q", "End Date"),
        ("RespondentID,CollectorID,StartDate,EndDate,Q", "EndDate"),
    ],
)
def test_an_older_export_of_surveymonkey_is_sent_at_its_end(tmp_path: Path, header: str, end: str) -> None:
    file = tmp_path / "s.csv"
    file.write_text(f"{header}\n,,,,Response\n1,2,a,b,9\n", "utf-8")
    table = open_csv(file, FileFormat("csv", survey="detect"), frozenset())
    assert table.own_columns["submitted_at"] == end


def test_surveymonkey_calls_an_answer_by_its_question_and_option() -> None:
    table, (first, second) = read("surveymonkey.csv")
    assert table.header[9:] == (
        "How likely is it that you would recommend us?",
        "What did you have done? / Service",
        "What did you have done? / Repair",
        "What did you have done? / Other (please specify)",
        "Anything else?",
    )
    assert first["What did you have done? / Other (please specify)"] == "tyres"
    assert second["What did you have done? / Repair"] == "Repair"
    assert dict(table.own_columns) == {
        "source_id": "Respondent ID",
        "submitted_at": "Date Modified",
        "email": "Email Address",
    }


def test_typeforms_moments_are_in_utc_and_a_partial_answer_is_not_complete() -> None:
    whole, partial = ours("typeform.csv")
    assert whole == {
        "source_id": "z1y2x3w4v5u6t7s8",
        "submitted_at": "2026-03-05 21:15:00+00:00",
        "token": "tok-c1",
        "is_complete": "true",
    }
    assert (partial["submitted_at"], partial["is_complete"]) == (None, "false")


def test_typeforms_questions_and_hidden_fields_are_columns() -> None:
    _, (row, _) = read("typeform.csv")
    assert (row["What should we do better?"], row["order_id"]) == ("More coffee, please", "S-17")


def test_googles_moment_east_of_greenwich_stays_east_of_it() -> None:
    morning, evening = ours("google_forms.csv")
    assert (morning["submitted_at"], evening["submitted_at"]) == (
        "2026-03-05T10:15:00+03:00",
        "2026-03-05T21:05:07+03:00",
    )
    assert (morning["email"], morning["is_complete"]) == ("anna@example.ru", "true")


@pytest.mark.parametrize(
    ("moment", "iso"),
    [
        ("2026/03/05 12:15:00 AM GMT+3", "2026-03-05T00:15:00+03:00"),
        ("2026/03/05 12:15:00 PM GMT-11", "2026-03-05T12:15:00-11:00"),
        ("2026/03/05 10:15:00 пп GMT+5:30", "2026-03-05T22:15:00+05:30"),
        ("2026/03/05 10:15:00 nachm. GMT+1", "2026-03-05T22:15:00+01:00"),
        ("2026/03/05 10:15:00 AM UTC", "2026-03-05T10:15:00+00:00"),
        ("05.03.2026 10:15:00", "05.03.2026 10:15:00"),
    ],
)
def test_googles_moments_of_many_languages_are_read(tmp_path: Path, moment: str, iso: str) -> None:
    file = tmp_path / "form.csv"
    file.write_text(f"Timestamp,How was it?\n{moment},fine\n", "utf-8")
    (row,) = open_csv(file, FileFormat("csv", survey="detect"), frozenset()).rows
    assert row.cells[0] == iso


def test_an_answer_without_an_id_gets_one_of_its_content() -> None:
    first, again = ours("google_forms.csv"), ours("google_forms.csv")
    assert [row["source_id"] for row in first] == [row["source_id"] for row in again]
    assert first[0]["source_id"] != first[1]["source_id"]


def test_answers_with_several_choices_stay_as_the_tool_joined_them() -> None:
    assert read("google_forms.csv")[1][0]["Что Вам понравилось?"] == "Мастер;Кофе;Цена"
    assert read("google_sheet_en.csv")[1][0]["What did you like?"] == "Service, Coffee"


def test_an_export_that_is_no_survey_is_left_alone() -> None:
    table, _ = read("limesurvey.csv", "none")
    assert "survey" not in table.reading.facts
    assert not table.own_columns
    assert read("limesurvey.csv", "typeform")[0].own_columns == {}


def test_a_tab_separated_export_in_utf_16_is_read(tmp_path: Path) -> None:
    file = tmp_path / "export.tsv"
    with (EXPORTS / "qualtrics.csv").open(encoding="utf-8", newline="") as commas:
        with file.open("w", encoding="utf-16", newline="") as tabs:
            csv.writer(tabs, delimiter="\t").writerows(csv.reader(commas))
    table = open_csv(file, FileFormat("csv", survey="detect"), frozenset())
    assert (table.reading.facts["delimiter"], table.reading.facts["header_rows"]) == ("\t", 3)
    assert len(list(table.rows)) == 2


def test_a_survey_in_a_workbook_is_known_too(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["Respondent ID", "Collector ID", "Date Modified", "What did you have done?", None])
    sheet.append([None, None, None, "Service", "Repair"])
    sheet.append([118012345678, 430112233, "2026-03-05 10:15:22", None, "Repair"])
    book.save(tmp_path / "export.xlsx")
    table = open_excel(tmp_path / "export.xlsx", FileFormat("excel", survey="detect"), frozenset())
    assert table.header[3:5] == ("What did you have done? / Service", "What did you have done? / Repair")
    (row,) = table.rows
    assert (row.number, row.cells[:5]) == (3, ["118012345678", "430112233", "2026-03-05 10:15:22", None, "Repair"])


@pytest.mark.parametrize(
    ("header", "answer"),
    [
        ("ResponseId,Finished,Progress,Q1,Q2", "R_1,True,100,9,good"),
        ("Finished,DistributionChannel,Q1", "False,email,9"),
        ("ResponseId,DistributionChannel,Q1", "R_1aB,email,nine"),
        ("Progress,Finished,ResponseId", "100,1,"),
        ("StartDate,EndDate,Q1", "2026-03-05,2026-03-05,9"),
    ],
)
def test_a_qualtrics_export_of_one_header_row_keeps_its_first_answer(tmp_path: Path, header: str, answer: str) -> None:
    file = tmp_path / "q.csv"
    file.write_text(f"{header}\n{answer}\n", "utf-8")
    table = open_csv(file, FileFormat("csv", survey="detect"), frozenset())
    (row,) = table.rows
    assert [cell or "" for cell in row.cells][: answer.count(",") + 1] == answer.split(",")
