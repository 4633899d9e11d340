"""Invented files of many dealers' programmes, and for each of their columns the one of ours that it is.

The first group was looked at while `dealer360 onboard` was made. The second was written before its first run and is
only measured. A column is written `their name | our column, or - | kind of values`.
"""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl

ROWS = 60


@dataclass(frozen=True)
class Layout:
    """A file as one programme exports it."""

    name: str
    feed: str  # source.entity
    ending: str
    columns: tuple[tuple[str, str | None, str], ...]  # their name, our column, kind of values
    encoding: str = "utf-8"
    delimiter: str = ","
    decimal: str = "."
    dates: str = "%d.%m.%Y"
    titles: tuple[str, ...] = ()
    total: str | None = None

    @property
    def truth(self) -> dict[str, str | None]:
        """Our column of each of theirs; None: of no column of ours."""
        return {theirs: ours for theirs, ours, _ in self.columns}


def _layout(name: str, feed: str, ending: str, columns: str, **how: Any) -> Layout:
    split = [[part.strip() for part in line.split("|")] for line in columns.strip().splitlines()]
    parsed = tuple((theirs, None if ours == "-" else ours, kind) for theirs, ours, kind in split)
    return Layout(name, feed, ending, parsed, **how)


SEEN = (
    _layout(
        "1C Alfa-Auto, car sales",
        "dms.sales",
        "csv",
        """
        № п/п | - | counter
        Номер документа | source_id | document
        Дата реализации | sold_at | date
        Дата договора | contracted_at | date
        Контрагент | full_name | full_name
        ИНН контрагента | tax_id | tax_id
        Телефон контрагента | phone | phone
        Дата рождения | birth_date | birth_date
        Автомобиль | make_model | make_model
        VIN | vin | vin
        Год выпуска | model_year | year
        Вид автомобиля | vehicle_condition | condition
        Сумма продажи, руб. | price_amount | price
        Сумма скидки, руб. | discount_amount | discount
        Себестоимость, руб. | cost_amount | price
        Валюта | currency | currency
        Менеджер | salesperson | employee
        Подразделение | department | department
        """,
        encoding="cp1251",
        delimiter=";",
        decimal=",",
        titles=("ООО «Пример»", "Реализация автомобилей за март 2026", ""),
        total="Итого",
    ),
    _layout(
        "1C Alfa-Auto, repair orders",
        "dms.service_orders",
        "xlsx",
        """
        Заказ-наряд | source_id | document
        Дата открытия | opened_at | moment
        Дата закрытия | closed_at | moment
        Заказчик | full_name | full_name
        Тел. заказчика | phone | phone
        VIN-номер | vin | vin
        Гос. номер | plate | plate
        Марка | make | make
        Модель | model | model
        Пробег, км | odometer_km | odometer
        Вид ремонта | job_type | job
        Сумма работ | labor_amount | money
        Сумма запчастей | parts_amount | money
        Мастер-консультант | advisor | employee
        Причина обращения | complaint | text
        Плательщик | payer_full_name | company
        """,
    ),
    _layout(
        "Autodealer, repair orders",
        "dms.service_orders",
        "csv",
        """
        Номер ЗН | source_id | document
        Начат | opened_at | moment
        Выдан | closed_at | moment
        Клиент | full_name | full_name
        Моб. тел. | phone | phone
        E-mail | email | email
        Авто | - | make_model
        VIN/кузов | vin | vin
        Госномер | plate | plate
        Пробег | odometer_km | odometer
        Стоимость работ | labor_amount | money
        Стоимость з/ч | parts_amount | money
        Приёмщик | advisor | employee
        Примечание | complaint | text
        """,
        encoding="cp1251",
        delimiter=";",
        decimal=",",
    ),
    _layout(
        "Reynolds, service",
        "dms.service_orders",
        "csv",
        """
        CashierDate | closed_at | moment
        RONumber | source_id | number
        JobID | - | counter
        JobTitle | job_type | job
        JobDesc | - | text
        TotalPartsSellingPrice | - | money
        PartsAfterDisc | parts_amount | money
        TotalLaborSellingPrice | - | money
        LaborAfterDisc | labor_amount | money
        JobWarranty | paid_by | yes_no
        RONotes | complaint | text
        ServiceWriterName | advisor | employee
        MajorUnitID | - | number
        VIN | vin | vin
        Year | - | year
        Make | make | make
        BikeModel | model | model
        Odometer | odometer_km | odometer
        CustomerCity | city | city
        CustomerState | region | us_state
        CustomerZip | postal_code | us_zip
        CustomerAddress1 | address | us_street
        CustomerAddress2 | - | empty
        CustomerFirstName | first_name | us_first
        CustomerLastName | last_name | us_last
        CustomerHomePhone | phone_2 | us_phone
        CustomerMobilePhone | phone | us_phone
        CustomerEmail | email | email
        CustomerBeeperPhone | - | number
        CustomerID | customer_source_id | number
        """,
        dates="%m/%d/%Y",
    ),
    _layout(
        "Reynolds, customers",
        "dms.customers",
        "csv",
        """
        Customer ID | source_id | number
        FirstName | first_name | us_first
        LastName | last_name | us_last
        Address1 | address | us_street
        Address2 | - | empty
        City | city | city
        State | region | us_state
        Zip | postal_code | us_zip
        HomePhone | phone_2 | us_phone
        WorkPhone | phone_3 | us_phone
        MobilePhone | phone | us_phone
        BeeperPhone | - | number
        Email | email | email
        Birthday | birth_date | birth_date
        Fax | - | us_phone
        User1 | - | empty
        Comments | - | text
        """,
        dates="%m/%d/%Y",
    ),
    _layout(
        "CDK, deals",
        "dms.sales",
        "txt",
        """
        DealNumber | source_id | number
        ContractDate | contracted_at | date
        DeliveryDate | sold_at | date
        CustNo | customer_source_id | number
        BuyerFirstName | first_name | us_first
        BuyerLastName | last_name | us_last
        BuyerBirthDate | birth_date | birth_date
        BuyerEmail | email | email
        BuyerCellPhone | phone | us_phone
        BuyerHomePhone | phone_2 | us_phone
        BuyerAddress | address | us_street
        BuyerCity | city | city
        BuyerState | region | us_state
        BuyerZip | postal_code | us_zip
        StockNo | - | document
        VIN | vin | vin
        NewUsed | vehicle_condition | us_condition
        VehicleMake | make | make
        VehicleModel | model | model
        VehicleYear | model_year | year
        VehiclePrice | price_amount | price
        VehicleCost | cost_amount | price
        Trade1VIN | trade_in_vin | vin
        Salesman1Name | salesperson | us_full_name
        FIManager | - | us_full_name
        APR | - | small_decimal
        Term | - | small
        """,
        delimiter="\t",
        dates="%m/%d/%Y",
    ),
    _layout(
        "amoCRM, deals of the web site",
        "web.leads",
        "csv",
        """
        ID | source_id | number
        Название сделки | - | text
        Дата создания сделки | created_at | moment
        Дата редактирования | - | moment
        Ответственный | assigned_to | employee
        Этап сделки | status | lead_status
        Воронка | - | one_word
        Основной контакт | full_name | full_name
        Рабочий телефон (контакт) | phone | phone
        Рабочий email (контакт) | email | email
        Интересующая марка | make | make
        Интересующая модель | model | model
        utm_source | utm_source | utm
        utm_medium | utm_medium | utm
        utm_campaign | utm_campaign | utm
        Источник | channel | channel
        Бюджет | - | price
        Примечание | comments | text
        """,
        delimiter=";",
    ),
    _layout(
        "Bitrix24, contact events",
        "crm.contact_events",
        "csv",
        """
        ID дела | source_id | number
        Дата и время | occurred_at | moment
        Тип | channel | channel
        Направление | direction | direction
        Тема | topic | text
        Результат | outcome | text
        Ответственный | employee | employee
        Контакт | full_name | full_name
        Телефон | phone | phone
        Кампания | campaign | utm
        """,
        delimiter=";",
    ),
    _layout(
        "Calltouch, calls",
        "telephony.calls",
        "jsonl",
        """
        callId | source_id | number
        date | started_at | moment
        callerNumber | caller_number | phone
        phoneNumber | dealer_number | own_phone
        duration | duration_s | seconds
        waitingConnect | - | small
        successful | - | true_false
        uniqueCall | - | true_false
        source | channel | channel
        medium | - | utm
        utmCampaign | campaign | utm
        sessionId | - | number
        ctCallerId | - | uuid
        """,
        dates="%d/%m/%Y",
    ),
    _layout(
        "Telephone exchange, calls",
        "telephony.calls",
        "csv",
        """
        ID звонка | source_id | uuid
        Дата и время начала | started_at | moment
        Направление | direction | direction
        Кто звонил | caller_number | phone
        Куда звонил | dealer_number | own_phone
        Длительность разговора, сек | duration_s | seconds
        Ожидание ответа, сек | - | small
        Результат звонка | outcome | call_outcome
        Сотрудник | employee | employee
        Запись | - | url
        """,
        delimiter=";",
    ),
    _layout(
        "Google form, after a visit",
        "surveys.responses",
        "csv",
        """
        Отметка времени | submitted_at | moment
        Номер заказ-наряда | related_source_id | document
        Ваше имя | full_name | full_name
        Ваш телефон | phone | phone
        Какова вероятность, что вы порекомендуете нас друзьям? (0-10) | nps | nps
        Оцените качество обслуживания от 1 до 5 | csat | csat
        Комментарий | comment | text
        """,
    ),
    _layout(
        "By hand, sales of a month",
        "dms.sales",
        "xlsx",
        """
        № | - | counter
        Договор № | source_id | document
        Дата дог-ра | contracted_at | date
        Дата выдачи а/м | sold_at | date
        ФИО покупателя | full_name | full_name
        Тел. | phone | phone
        Д.р. | birth_date | birth_date
        Марка а/м | make | make
        Модель а/м | model | model
        VIN | vin | vin
        Г.в. | model_year | year
        Нов/БУ | vehicle_condition | condition
        Цена, руб | price_amount | price
        Скидка | discount_amount | discount
        Трейд-ин VIN | trade_in_vin | vin
        Продавец-консультант | salesperson | employee
        """,
        titles=("Продажи за март", ""),
        total="ИТОГО",
    ),
    _layout(
        "By hand, register of customers",
        "dms.customers",
        "xlsx",
        """
        Код | source_id | number
        Фамилия | last_name | last_name
        Имя | first_name | first_name
        Отчество | middle_name | middle_name
        Пол | gender | gender
        Дата рожд. | birth_date | birth_date
        Сот. телефон | phone | phone
        Дом. тел. | phone_2 | phone
        Эл. почта | email | email
        Город | city | city
        Адрес проживания | address | street
        Индекс | postal_code | postal_code
        Организация | company_name | company
        Согласие на рассылку | consent_marketing | yes_no_ru
        Дата внесения | created_at | date
        """,
    ),
    _layout(
        "Mixed, register of vehicles",
        "dms.vehicles",
        "csv",
        """
        Vehicle ID | source_id | number
        VIN код | vin | vin
        Номер кузова | chassis_no | chassis
        Reg. plate | plate | plate
        Brand | make | make
        Model | model | model
        Год | model_year | year
        Mileage | odometer_km | odometer
        Дата первой регистрации | first_registered_on | date
        Owner ID | customer_source_id | number
        Владелец | full_name | full_name
        Телефон владельца | phone | phone
        Color | - | color
        """,
        delimiter=";",
    ),
    _layout(
        "Form of a site builder",
        "web.leads",
        "csv",
        """
        tranid | source_id | uuid
        sent | created_at | moment
        Name | full_name | full_name
        Phone | phone | phone
        Email | email | email
        Car | model | model
        formname | lead_type | one_word
        utm_source | utm_source | utm
        utm_medium | utm_medium | utm
        utm_campaign | utm_campaign | utm
        referer | - | url
        Comment | comments | text
        """,
        dates="%Y-%m-%d",
    ),
    _layout(
        "By hand, invitations",
        "crm.invitations",
        "xlsx",
        """
        № п/п | - | counter
        Дата приглашения | sent_at | date
        Дилерский центр | dealer_code | dealer
        Мероприятие | invitation_type | one_word
        Дата мероприятия | event_date | date
        ФИО гостя | full_name | full_name
        Телефон | phone | phone
        Модель | model | model
        Способ | channel | channel
        """,
    ),
    _layout(
        "Consents of a CRM",
        "crm.consents",
        "csv",
        """
        consent_id | source_id | uuid
        consent_date | occurred_at | moment
        client_name | full_name | full_name
        client_phone | phone | phone
        client_email | email | email
        purpose | purpose | one_word
        channel | channel | channel
        consent_status | status | consent_status
        document_version | text_version | document
        operator | controller | company
        """,
        dates="%Y-%m-%d",
    ),
    _layout(
        "LimeSurvey, after a purchase",
        "surveys.responses",
        "csv",
        """
        id | source_id | number
        submitdate | submitted_at | moment
        lastpage | - | small
        startlanguage | - | one_word
        seed | - | number
        token | token | uuid
        NPS | nps | nps
        CSAT1 | csat | csat
        Comment | comment | text
        """,
        dates="%Y-%m-%d",
    ),
    _layout(
        "Head office's register of many dealers, sales",
        "dms.sales",
        "csv",
        """
        Sale_ID | source_id | number
        Sale_Date | sold_at | date
        Dealer_Name | dealer_code | dealer
        Dealer_Region | - | ru_region
        Dealer_City | - | city
        Sales_Region_Manager | - | us_full_name
        Client_Name | full_name | us_full_name
        Client_Sex | gender | us_gender
        Client_Phone | phone | us_phone
        Client_City | city | city
        Annual_Income | - | money
        Brand | make | make
        Model | model | model
        Body_Style | - | one_word
        Engine | - | one_word
        Transmission | - | one_word
        Color | - | color
        Price_USD | price_amount | price
        """,
        dates="%m/%d/%Y",
    ),
    _layout(
        "A dealer's own Access base, repair orders",
        "dms.service_orders",
        "csv",
        """
        КодЗаказа | source_id | number
        ДатаПриема | opened_at | date
        ДатаЗакрытия | closed_at | date
        ФИОВладельца | full_name | full_name
        ТелВладельца | phone | phone
        ФИОПлательщика | payer_full_name | full_name
        МаркаАвто | make | make
        МодельАвто | model | model
        ГосНомер | plate | plate
        НомерКузова | - | chassis
        VINкод | vin | vin
        Одометр | odometer_km | odometer
        ВидРемонта | job_type | job
        СтоимостьРабот | labor_amount | money
        СтоимостьДеталей | parts_amount | money
        НДС | - | money
        ФИОМеханика | - | full_name
        Приемщик | advisor | employee
        Жалобы | complaint | text
        """,
        encoding="cp1251",
        delimiter=";",
        decimal=",",
    ),
    _layout(
        "Marketplace of cars, enquiries",
        "web.leads",
        "csv",
        """
        enquiry_ref | source_id | uuid
        received_at | created_at | moment
        retailer_name | dealer_code | dealer
        retailer_town | - | city
        buyer_forename | first_name | us_first
        buyer_surname | last_name | us_last
        buyer_tel | phone | us_phone
        buyer_email | email | email
        buyer_postcode | postal_code | us_zip
        enquiry_type | lead_type | one_word
        vehicle_make | make | make
        vehicle_model | model | model
        advert_url | - | url
        advert_price | - | price
        message | comments | text
        marketing_opt_in | consent_marketing | true_false
        """,
        dates="%Y-%m-%d",
    ),
    _layout(
        "Cloud telephony, call history",
        "telephony.calls",
        "xlsx",
        """
        ID вызова | source_id | uuid
        Дата и время начала | started_at | moment
        Тип | direction | direction
        Номер клиента | caller_number | phone
        Номер компании | dealer_number | own_phone
        Сотрудник | employee | employee
        Внутренний номер сотрудника | - | small
        Время ожидания, сек | - | seconds
        Время разговора, сек | duration_s | seconds
        Статус вызова | outcome | call_outcome
        Рекламная кампания | campaign | utm
        Запись | - | url
        """,
    ),
    _layout(
        "Loyalty programme, customers",
        "dms.customers",
        "xlsx",
        """
        Номер карты | source_id | number
        Фамилия | last_name | last_name
        Имя | first_name | first_name
        Отчество | middle_name | middle_name
        Дата рождения | birth_date | birth_date
        Пол | gender | gender
        Сотовый | phone | phone
        Эл. почта | email | email
        Город проживания | city | city
        Адрес регистрации | address | street
        Индекс | postal_code | postal_code
        Баланс бонусов | - | small
        Дата последнего визита | - | date
        Дата регистрации | created_at | date
        Согласие на рассылку | consent_marketing | yes_no_ru
        Менеджер | - | employee
        """,
    ),
    _layout(
        "Used cars, a sheet by hand",
        "dms.sales",
        "xlsx",
        """
        № | - | counter
        № договора КП | source_id | document
        Дата договора | contracted_at | date
        Дата передачи ТС | sold_at | date
        Покупатель ФИО | full_name | full_name
        Покупатель паспорт | national_id | number
        Покупатель тел. | phone | phone
        Поставщик | - | company
        Телефон поставщика | - | phone
        Авто | make_model | make_model
        Год | model_year | year
        VIN | vin | vin
        Пробег | - | odometer
        Закупочная цена | cost_amount | price
        Цена продажи | price_amount | price
        Скидка | discount_amount | discount
        Прибыль | - | money
        Продавец-консультант | salesperson | employee
        Дата постановки на склад | - | date
        """,
    ),
    _layout(
        "Franchise workshop, invoices",
        "dms.service_orders",
        "csv",
        """
        WIPNo | source_id | number
        InvoiceDate | closed_at | date
        DateIn | opened_at | date
        CustomerID | customer_source_id | number
        CustomerName | full_name | us_full_name
        CustMobile | phone | us_phone
        RegNo | plate | plate
        ChassisNo | vin | vin
        Mileage | odometer_km | odometer
        Franchise | make | make
        ModelDesc | model | model
        WorkType | job_type | job
        LabourNet | labor_amount | money
        PartsNet | parts_amount | money
        VATAmount | - | money
        InvoiceTotal | - | money
        ServiceAdvisor | advisor | us_full_name
        AdvisorEmail | - | email
        LastServiceDate | - | date
        NextMOTDue | - | date
        """,
        dates="%d/%m/%Y",
    ),
    _layout(
        "Visits of a showroom's tablet",
        "crm.contact_events",
        "csv",
        """
        visit_uuid | source_id | uuid
        started | occurred_at | moment
        finished | - | moment
        showroom | dealer_code | dealer
        guest_name | full_name | full_name
        guest_phone | phone | phone
        guest_email | email | email
        consultant | employee | employee
        consultant_phone | - | phone
        visit_purpose | topic | one_word
        visit_result | outcome | text
        came_from | - | channel
        """,
        dates="%Y-%m-%d",
        delimiter=";",
    ),
    _layout(
        "Satisfaction after service",
        "surveys.responses",
        "xlsx",
        """
        ID ответа | source_id | number
        Дата завершения | submitted_at | moment
        Дилерский центр | dealer_code | dealer
        Номер заказ-наряда | related_source_id | document
        Мастер-консультант | - | employee
        Телефон клиента | phone | phone
        ФИО клиента | full_name | full_name
        С какой вероятностью вы порекомендуете нас друзьям и знакомым? | nps | nps
        Насколько вы довольны качеством ремонта? | csat | csat
        Что нам улучшить? | comment | text
        Анкета | questionnaire | one_word
        """,
    ),
    _layout(
        "Fleet register",
        "dms.vehicles",
        "csv",
        """
        Car ID | source_id | number
        VIN | vin | vin
        Registration Plate | plate | plate
        Make | make | make
        Model | model | model
        Trim | - | one_word
        Colour | - | color
        Model Year | model_year | year
        Odometer Reading | odometer_km | odometer
        Odometer Date | - | date
        First Registration | first_registered_on | date
        Owner | full_name | company
        Owner Tax ID | tax_id | tax_id
        Owner Address | address | street
        Driver | - | full_name
        Warranty Until | - | date
        """,
        dates="%Y-%m-%d",
    ),
)

HELD_OUT = (
    _layout(
        "incadea, vehicle invoices",
        "dms.sales",
        "csv",
        """
        Sales Invoice No. | source_id | document
        Posting Date | sold_at | date
        Order Date | contracted_at | date
        Sell-to Customer No. | customer_source_id | number
        Sell-to Customer Name | full_name | full_name
        Sell-to E-Mail | email | email
        Sell-to Mobile Phone No. | phone | phone
        Bill-to Name | payer_full_name | company
        Make Code | make | make
        Model Description | model | model
        Vehicle Identification No. | vin | vin
        Vehicle Status | vehicle_condition | us_condition
        Sales Price | price_amount | price
        Discount Amount | discount_amount | discount
        Currency Code | currency | currency
        Salesperson Name | salesperson | employee
        Branch | department | department
        """,
        delimiter=";",
        decimal=",",
    ),
    _layout(
        "Autoline, workshop invoices",
        "dms.service_orders",
        "csv",
        """
        WIP No | source_id | number
        Date In | opened_at | date
        Invoice Date | closed_at | date
        Account No | customer_source_id | number
        Customer Name | full_name | us_full_name
        Mobile | phone | us_phone
        Email Address | email | email
        Registration No | plate | plate
        Chassis | vin | vin
        Franchise | make | make
        Model | model | model
        Mileage In | odometer_km | odometer
        Labour Value | labor_amount | money
        Parts Value | parts_amount | money
        Service Advisor | advisor | us_full_name
        Customer Complaint | complaint | text
        """,
        dates="%d/%m/%Y",
    ),
    _layout(
        "DealerSocket, prospects",
        "web.leads",
        "csv",
        """
        Lead ID | source_id | number
        Lead Received Date | created_at | moment
        Lead Source | channel | channel
        Lead Type | lead_type | one_word
        Lead Status | status | lead_status
        Assigned To | assigned_to | us_full_name
        Prospect First Name | first_name | us_first
        Prospect Last Name | last_name | us_last
        Cell Phone | phone | us_phone
        Home Phone | phone_2 | us_phone
        Email Address | email | email
        Zip Code | postal_code | us_zip
        Vehicle of Interest Make | make | make
        Vehicle of Interest Model | model | model
        Stock VIN | vin | vin
        Customer Comments | comments | text
        """,
        dates="%m/%d/%Y",
    ),
    _layout(
        "1C of an accountant, sales",
        "dms.sales",
        "xlsx",
        """
        Ссылка | - | uuid
        Номер | source_id | document
        Дата | sold_at | moment
        Вид операции | document_type | sale_type
        Покупатель | full_name | full_name
        Покупатель.ИНН | tax_id | tax_id
        Контактный телефон | phone | phone
        Номенклатура | make_model | make_model
        Идентификационный номер (VIN) | vin | vin
        Сумма документа | price_amount | price
        Сумма НДС | - | money
        Ответственный | salesperson | employee
        Комментарий | - | text
        """,
        titles=("Отбор: период = март 2026",),
    ),
    _layout(
        "By hand, visits to the workshop",
        "dms.service_orders",
        "xlsx",
        """
        Дата заезда | opened_at | date
        Дата выезда | closed_at | date
        № з/н | source_id | document
        Ф.И.О. клиента | full_name | full_name
        Номер телефона | phone | phone
        Гос № | plate | plate
        ВИН | vin | vin
        Марка авто | make | make
        Модель авто | model | model
        Показания одометра | odometer_km | odometer
        Работы | labor_amount | money
        Материалы | parts_amount | money
        Мастер приемки | advisor | employee
        Жалобы клиента | complaint | text
        Кто привез | driver_full_name | full_name
        """,
        titles=("Журнал сервиса",),
    ),
    _layout(
        "CoMagic, calls",
        "telephony.calls",
        "csv",
        """
        Идентификатор сессии звонка | source_id | number
        Дата и время звонка | started_at | moment
        Тип звонка | direction | direction
        Номер абонента | caller_number | phone
        Виртуальный номер | dealer_number | own_phone
        Общая длительность | duration_s | seconds
        Статус | outcome | call_outcome
        Оператор | employee | employee
        Рекламная кампания | campaign | utm
        Рекламный канал | channel | channel
        Имя контакта | full_name | full_name
        """,
        delimiter=";",
        dates="%Y-%m-%d",
    ),
    _layout(
        "Typeform, after a test drive",
        "surveys.responses",
        "csv",
        """
        # | source_id | uuid
        What is your name? | full_name | us_full_name
        Your e-mail address | email | email
        How likely are you to recommend us to a friend? | nps | nps
        How satisfied are you with the service? | csat | csat
        Anything else you would like to tell us? | comment | text
        dealer | dealer_code | dealer
        Start Date (UTC) | - | moment
        Submit Date (UTC) | submitted_at | moment
        Network ID | - | uuid
        """,
        dates="%Y-%m-%d",
    ),
    _layout(
        "Rarus CRM, customers",
        "dms.customers",
        "csv",
        """
        КодКлиента | source_id | document
        НаименованиеПолное | full_name | full_name
        ДатаРождения | birth_date | birth_date
        Пол | gender | gender
        ТелефонМобильный | phone | phone
        ТелефонДомашний | phone_2 | phone
        ЭлектроннаяПочта | email | email
        АдресРегистрации | address | street
        НаселенныйПункт | city | city
        Область | region | ru_region
        ИНН | tax_id | tax_id
        СогласиеНаОбработку | consent_marketing | yes_no_ru
        ДатаСоздания | created_at | moment
        ДатаИзменения | updated_at | moment
        """,
        encoding="cp1251",
        delimiter=";",
    ),
    _layout(
        "Lot software, deals",
        "dms.sales",
        "csv",
        """
        Deal_No | source_id | number
        Deal_Date | contracted_at | date
        SaleType | document_type | us_sale_type
        DealDealership | dealer_code | dealer
        CustomerName | full_name | us_full_name
        CustomerPhone | phone | us_phone
        CustomerSource | - | channel
        NU | vehicle_condition | us_condition
        Year | model_year | year
        Make | make | make
        Model | model | model
        VIN | vin | vin
        SalePrice | price_amount | price
        Salesman | salesperson | us_full_name
        DaystoSell | - | small
        BackendProfit | - | money
        FundingDate | - | date
        """,
        dates="%m/%d/%Y",
    ),
    _layout(
        "Parking of the workshop, vehicles",
        "dms.vehicles",
        "csv",
        """
        vehicle_id | source_id | number
        vin_code | vin | vin
        license_plate | plate | plate
        car_brand | make | make
        car_model | model | model
        production_year | model_year | year
        current_mileage_km | odometer_km | odometer
        registration_date | first_registered_on | date
        owner_name | full_name | full_name
        owner_phone | phone | phone
        client_id | customer_source_id | number
        """,
        dates="%Y-%m-%d",
    ),
    _layout(
        "Showroom diary",
        "crm.contact_events",
        "xlsx",
        """
        № визита | source_id | number
        Дата визита | occurred_at | moment
        Салон | dealer_code | dealer
        Посетитель | full_name | full_name
        Контактный номер | phone | phone
        Цель визита | topic | text
        Итог | outcome | text
        Консультант | employee | employee
        Вид контакта | channel | channel
        """,
    ),
    _layout(
        "Advertising costs",
        "market.channel_spend",
        "xlsx",
        """
        Период | period | month
        Рекламный канал | channel | channel
        Салон | dealer_code | dealer
        Затраты, руб. | amount | money
        Комментарий | - | empty
        """,
    ),
    _layout(
        "Leasing and credit desk, deals",
        "dms.sales",
        "xlsx",
        """
        Номер сделки | source_id | document
        Дата заключения договора | contracted_at | date
        Планируемая дата выдачи | - | date
        Фактическая дата выдачи | sold_at | date
        Клиент | full_name | full_name
        Супруг(а) клиента | - | full_name
        Тел. клиента | phone | phone
        Дата рожд. | birth_date | birth_date
        Паспорт клиента | national_id | number
        Марка | make | make
        Модель | model | model
        Страна производства | - | one_word
        VIN | vin | vin
        Номер ПТС | - | number
        Стоимость а/м | price_amount | price
        Сумма аванса | - | money
        Сумма кредита | - | price
        Банк | - | company
        Страховая премия | - | money
        Скидка | discount_amount | discount
        Менеджер ОП | salesperson | employee
        Кредитный специалист | - | employee
        """,
    ),
    _layout(
        "Body shop of an insurer's partner, repair orders",
        "dms.service_orders",
        "csv",
        """
        ro_number | source_id | number
        arrived_on | opened_at | date
        promised_on | - | date
        handed_over_on | closed_at | date
        owner_full_name | full_name | us_full_name
        owner_cell | phone | us_phone
        insurer | - | company
        policy_no | - | number
        claim_no | - | number
        vin | vin | vin
        license_plate | plate | plate
        make | make | make
        model | model | model
        mileage_km | odometer_km | odometer
        labour_total | labor_amount | money
        parts_total | parts_amount | money
        paint_total | - | money
        technician | - | us_full_name
        service_advisor | advisor | us_full_name
        customer_complaint | complaint | text
        """,
        dates="%Y-%m-%d",
        delimiter=";",
    ),
    _layout(
        "Trade-in desk, sales of used cars",
        "dms.sales",
        "csv",
        """
        Id | source_id | number
        Дата продажи | sold_at | date
        Прежний владелец | - | full_name
        Телефон прежнего владельца | - | phone
        Новый владелец | full_name | full_name
        Телефон нового владельца | phone | phone
        Автомобиль | make_model | make_model
        Год вып. | model_year | year
        ВИН | vin | vin
        Цена выкупа | cost_amount | price
        Цена реализации | price_amount | price
        Гарантия до | - | date
        Продавец | salesperson | employee
        Директор филиала | - | employee
        Филиал | dealer_code | dealer
        """,
        encoding="cp1251",
        delimiter=";",
        decimal=",",
    ),
    _layout(
        "Importer's portal, leads passed on",
        "web.leads",
        "xlsx",
        """
        LeadGUID | source_id | uuid
        LeadCreated | created_at | moment
        LeadDue | - | moment
        DealerCode | dealer_code | dealer
        DealerRegion | - | ru_region
        DealerManagerEmail | - | email
        FirstName | first_name | first_name
        LastName | last_name | last_name
        Mobile | phone | phone
        Email | email | email
        City | city | city
        ModelOfInterest | model | model
        CurrentCar | - | make_model
        LeadSource | channel | channel
        utm_source | utm_source | utm
        utm_campaign | utm_campaign | utm
        LeadStatus | status | lead_status
        Comment | comments | text
        """,
    ),
    _layout(
        "Service reminders, invitations",
        "crm.invitations",
        "csv",
        """
        № | source_id | number
        Дата отправки | sent_at | date
        ДЦ | dealer_code | dealer
        ФИО | full_name | full_name
        Телефон | phone | phone
        Марка | make | make
        Модель | model | model
        Тип приглашения | invitation_type | one_word
        Канал | channel | channel
        Дата следующего ТО | - | date
        Ответственный | - | employee
        """,
        delimiter=";",
    ),
    _layout(
        "Family club, customers",
        "dms.customers",
        "csv",
        """
        member_no | source_id | number
        surname | last_name | us_last
        given_name | first_name | us_first
        sex | gender | us_gender
        dob | birth_date | birth_date
        spouse_name | - | us_full_name
        spouse_dob | - | birth_date
        mobile | phone | us_phone
        work_phone | phone_2 | us_phone
        e_mail | email | email
        street_address | address | us_street
        town | city | city
        zip_code | postal_code | us_zip
        joined_on | created_at | date
        regional_manager | - | us_full_name
        newsletter | consent_marketing | yes_no
        """,
        dates="%Y-%m-%d",
    ),
)

_MAKES = {
    "LADA": ("Granta", "Vesta", "Niva Travel"),
    "Haval": ("Jolion", "Dargo"),
    "Chery": ("Tiggo 4", "Tiggo 7 Pro"),
    "Toyota": ("Camry", "RAV4"),
    "Kia": ("Rio", "Sportage"),
}
_LAST = ("Кузнецов", "Воронин", "Мельников", "Щербаков", "Тарасов", "Лапин", "Гусев", "Белоусов")
_FIRST = ("Алексей", "Сергей", "Михаил", "Дмитрий", "Павел", "Николай")
_MIDDLE = ("Иванович", "Петрович", "Андреевич", "Олегович")
_US_FIRST = ("James", "Mary", "Robert", "Linda", "William", "Susan")
_US_LAST = ("Walker", "Nelson", "Carter", "Mitchell", "Turner", "Baker")
_LATIN = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"


def _checked_tax_id(rng: random.Random) -> str:
    digits = [rng.randint(1, 9), *(rng.randint(0, 9) for _ in range(9))]
    for weights in ((7, 2, 4, 10, 3, 5, 9, 4, 6, 8), (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)):
        digits.append(sum(a * b for a, b in zip(weights, digits, strict=True)) % 11 % 10)
    return "".join(map(str, digits))


def _plate(rng: random.Random) -> str:
    first, second, third = (rng.choice("АВЕКМНОРСТУХ") for _ in range(3))
    return f"{first}{rng.randint(1, 999):03}{second}{third}{rng.choice((77, 174, 96))}"


def _words(*words: str) -> Callable[[random.Random, int], str]:
    return lambda rng, _row: rng.choice(words)


def _digits(low: int, high: int) -> Callable[[random.Random, int], str]:
    return lambda rng, _row: str(rng.randint(low, high))


_VALUES: dict[str, Callable[[random.Random, int], str]] = {
    "counter": lambda _rng, row: str(row + 1),
    "number": lambda rng, row: str(40_000 + row * 7 + rng.randint(0, 6)),
    "document": lambda rng, row: f"АП{row + 101:06}",
    "uuid": lambda rng, _row: f"{rng.getrandbits(64):016x}",
    "full_name": lambda rng, _row: f"{rng.choice(_LAST)} {rng.choice(_FIRST)} {rng.choice(_MIDDLE)}",
    "last_name": _words(*_LAST),
    "first_name": _words(*_FIRST),
    "middle_name": _words(*_MIDDLE),
    "us_first": _words(*_US_FIRST),
    "us_last": _words(*_US_LAST),
    "us_full_name": lambda rng, _row: f"{rng.choice(_US_FIRST)} {rng.choice(_US_LAST)}",
    "employee": _words("Орлова А.С.", "Зимин П.П.", "Юдина К.В."),
    "company": _words("ООО «Ромашка»", "АО «Вектор»", "ИП Лапин С.С."),
    "tax_id": lambda rng, _row: _checked_tax_id(rng),
    "phone": lambda rng, _row: (
        f"+7 (9{rng.randint(10, 99)}) {rng.randint(100, 999)}-{rng.randint(10, 99)}-{rng.randint(10, 99)}"
    ),
    "own_phone": _words("74951234567", "74951234568"),
    "us_phone": lambda rng, _row: f"({rng.randint(201, 989)}) 555-{rng.randint(1000, 9999)}",
    "email": lambda rng, row: f"user{row}{rng.randint(0, 99)}@example.com",
    "vin": lambda rng, _row: "XTA" + "".join(rng.choice(_LATIN) for _ in range(8)) + f"{rng.randint(0, 999999):06}",
    "chassis": lambda rng, _row: (
        f"NZE{rng.randint(100, 199)}-{rng.randint(1000000, 9999999)}" if rng.random() < 0.3 else ""
    ),
    "plate": lambda rng, _row: _plate(rng),
    "make": _words(*_MAKES),
    "model": lambda rng, _row: rng.choice([model for models in _MAKES.values() for model in models]),
    "make_model": lambda rng, _row: (lambda make: f"{make} {rng.choice(_MAKES[make])}")(rng.choice(list(_MAKES))),
    "year": _digits(2015, 2026),
    "odometer": _digits(1_200, 210_000),
    "condition": _words("Новый", "Б/У"),
    "us_condition": _words("New", "Used"),
    "sale_type": _words("Продажа", "Возврат"),
    "us_sale_type": _words("Retail", "Wholesale", "Quote"),
    "price": lambda rng, _row: f"{rng.randint(900, 4900) * 1000}.00",
    "discount": lambda rng, _row: f"{rng.randint(0, 90) * 1000}.00",
    "money": lambda rng, _row: f"{rng.randint(500, 60_000)}.{rng.randint(10, 99)}",
    "small_decimal": lambda rng, _row: f"{rng.randint(2, 19)}.{rng.randint(10, 99)}",
    "small": _digits(1, 72),
    "seconds": _digits(0, 900),
    "currency": _words("RUB"),
    "department": _words("Отдел новых автомобилей", "Трейд-ин"),
    "job": _words("ТО", "Слесарный ремонт", "Кузовной ремонт", "Шиномонтаж"),
    "text": _words("стук спереди на кочках", "просьба позвонить вечером", "замена масла и фильтров", ""),
    "one_word": _words("тест-драйв", "трейд-ин", "сервис"),
    "lead_status": _words("Новая", "В работе", "Закрыта"),
    "channel": _words("Сайт", "Телефон", "Авито"),
    "utm": _words("yandex", "google", "cpc_march", ""),
    "direction": _words("входящий", "исходящий"),
    "call_outcome": _words("отвечен", "пропущен"),
    "consent_status": _words("granted", "withdrawn"),
    "yes_no": _words("Yes", "No"),
    "yes_no_ru": _words("Да", "Нет", ""),
    "true_false": _words("true", "false"),
    "gender": _words("М", "Ж"),
    "us_gender": _words("Male", "Female"),
    "city": _words("Москва", "Челябинск", "Казань"),
    "ru_region": _words("Московская область", "Челябинская область"),
    "street": lambda rng, _row: f"ул. Ленина, д. {rng.randint(1, 99)}, кв. {rng.randint(1, 200)}",
    "us_street": lambda rng, _row: f"{rng.randint(100, 9999)} Oak Street",
    "us_state": _words("TX", "AZ", "OH"),
    "us_zip": _digits(10001, 99950),
    "postal_code": _digits(101000, 694923),
    "nps": _digits(0, 10),
    "csat": _digits(1, 5),
    "color": _words("белый", "чёрный", "серый"),
    "url": lambda rng, _row: f"https://example.com/{rng.getrandbits(32):08x}",
    "dealer": _words("Север-Авто"),
    "month": _words("2026-01", "2026-02", "2026-03"),
    "empty": lambda _rng, _row: "",
}


def write_layout(layout: Layout, folder: Path) -> Path:
    """The layout as a file with invented rows; the same layout gives the same file."""
    rng = random.Random(layout.name)
    rows = [[_cell(layout, ours, kind, rng, row) for _, ours, kind in layout.columns] for row in range(ROWS)]
    header = [theirs for theirs, _, _ in layout.columns]
    file = folder / f"{'_'.join(layout.feed.split('.'))}_20260331.{layout.ending}"
    if layout.total:
        rows.append(_total_row(layout, rows))
    table = [*([title] for title in layout.titles), header, *rows]
    if layout.ending == "xlsx":
        book = openpyxl.Workbook()
        for cells in table:
            book.worksheets[0].append([_excel_value(cell) for cell in cells])
        book.save(file)
    elif layout.ending == "jsonl":
        lines = (json.dumps(dict(zip(header, row, strict=True)), ensure_ascii=False) for row in rows)
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    else:
        buffer = io.StringIO()
        csv.writer(buffer, delimiter=layout.delimiter).writerows(table)
        file.write_bytes(buffer.getvalue().encode(layout.encoding))
    return file


def _cell(layout: Layout, ours: str | None, kind: str, rng: random.Random, row: int) -> str:
    if kind == "birth_date":
        return (datetime(1950, 1, 1) + timedelta(days=rng.randint(0, 18_000))).strftime(layout.dates)
    if kind in ("date", "moment"):
        is_end = ours in ("sold_at", "closed_at", "updated_at")
        moment = datetime(2025, 9, 1) + timedelta(days=3 * row + (2 if is_end else 0), minutes=rng.randint(0, 1400))
        return moment.strftime(layout.dates + (" %H:%M:%S" if kind == "moment" else ""))
    value = _VALUES[kind](rng, row)
    if kind in ("price", "discount", "money", "small_decimal"):
        return value.replace(".", layout.decimal)
    return value


def _total_row(layout: Layout, rows: list[list[str]]) -> list[str]:
    cells = [""] * len(layout.columns)
    cells[1] = layout.total or ""
    for position, (_, ours, _) in enumerate(layout.columns):
        if ours == "price_amount":
            total = sum(float(row[position].replace(",", ".")) for row in rows)
            cells[position] = f"{total:.2f}".replace(".", layout.decimal)
    return cells


def _excel_value(cell: str) -> str | float | None:
    if cell == "":
        return None
    return float(cell) if cell.replace(".", "", 1).isdigit() and len(cell) < 11 else cell
