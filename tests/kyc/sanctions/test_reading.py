"""The files of the lists, read whole or not at all."""

import json
from datetime import date

import pytest
from lxml import etree

from kyc.sanctions import Index, european_union, ofac, united_nations, unlawful_activities
from kyc.sanctions.entries import BadListError
from kyc.screening.services import sanctions_lists
from portal.kernel.vault.inspection import client
from tests.kyc.sanctions import lists

ZORAN = {"name": "Zoran Vexley Quill", "aliases": ("Abu Zoran",), "birth": "1965-03-12", "country": "Nowhere"}


def test_the_list_of_the_united_nations_is_read_with_every_name_and_birth():
    made, entries = united_nations.read(
        lists.united_nations(
            [ZORAN, {"name": "Mira Okonjo", "birth": "1970"}, {"name": "Ilya Brandt", "birth": "1958-1960"}],
            organisations=["Vexley Trading & Sons"],
        )
    )
    assert made == "2026-11-20"
    assert [(entry.uid, entry.kind) for entry in entries] == [
        ("QDi.001", "person"),
        ("QDi.002", "person"),
        ("QDi.003", "person"),
        ("QDe.001", "organisation"),
    ]
    assert entries[0].names == ("Zoran Vexley Quill", "Abu Zoran")
    assert [entry.births for entry in entries] == [("1965-03-12",), ("1970",), ("1958", "1959", "1960"), ()]
    assert entries[0].countries == ("Nowhere",)
    assert entries[3].names == ("Vexley Trading & Sons",)


def united_nations_births(*said):
    """The births of an entry with these elements in its elements of birth."""
    elements = "".join(map(lists.birth_element, said)).encode()
    data = lists.united_nations([{"name": "Zoran Quill"}]).replace(lists.birth_element("").encode(), elements)
    _made, (entry,) = united_nations.read(data)
    return entry.births


EXACT = "<TYPE_OF_DATE>EXACT</TYPE_OF_DATE>"
BETWEEN = "<TYPE_OF_DATE>BETWEEN</TYPE_OF_DATE>"


@pytest.mark.parametrize(
    "said",
    [
        "<TYPE_OF_DATE>APPROXIMATELY</TYPE_OF_DATE><YEAR>1970</YEAR>",
        "<TYPE_OF_DATE>APPROXIMATELY</TYPE_OF_DATE><DATE>1970-01-01</DATE>",
        "<TYPE_OF_DATE>APPROXIMATELY</TYPE_OF_DATE><NOTE>late 1960s</NOTE>",
        "<TYPE_OF_DATE>APPROXIMATELY</TYPE_OF_DATE><FROM_YEAR>1960</FROM_YEAR><TO_YEAR>1965</TO_YEAR>",
        f"{BETWEEN}<FROM_YEAR>1960</FROM_YEAR>",
        f"{BETWEEN}<FROM_YEAR>1965</FROM_YEAR><TO_YEAR>1960</TO_YEAR>",
        f"{BETWEEN}<FROM_YEAR>1850</FROM_YEAR><TO_YEAR>2000</TO_YEAR>",
        f"{BETWEEN}<YEAR>1960</YEAR>",
        f"{EXACT}<FROM_YEAR>1960</FROM_YEAR><TO_YEAR>1965</TO_YEAR>",
        f"{EXACT}<DATE>1970-02-30</DATE>",
        f"{EXACT}<DATE>1970-01-01 or 1971-01-01</DATE>",
        f"{EXACT}<DATE>1970-01-01</DATE><YEAR>1971</YEAR>",
        f"{EXACT}<DATE>1970-01-01</DATE><NOTE>Islamic calendar</NOTE>",
        f"{EXACT}<DATE>0001-01-01</DATE>",
        f"{EXACT}<YEAR>2027</YEAR>",
        f"{EXACT}<YEAR>c. 1970</YEAR>",
        f"{EXACT}<MONTH>4</MONTH>",
        "<NOTE>1970</NOTE>",
        "<TYPE_OF_DATE>PERHAPS</TYPE_OF_DATE><YEAR>1970</YEAR>",
    ],
)
def test_one_birth_of_the_united_nations_that_is_not_exact_leaves_all_births_of_the_entry_unknown(said):
    assert united_nations_births(said) == ()
    assert united_nations_births(f"{EXACT}<YEAR>1901</YEAR>", said) == ()


def test_the_exact_births_of_the_united_nations_are_read_beside_an_element_that_says_nothing():
    assert united_nations_births(
        f"{EXACT}<DATE>1965-03-12</DATE><YEAR>1965</YEAR>",
        "<TYPE_OF_DATE/><DATE/>",
        "<YEAR>1970</YEAR><MONTH>4</MONTH>",
        f"{BETWEEN}<FROM_YEAR>1971</FROM_YEAR><TO_YEAR>1972</TO_YEAR>",
        "<DATE>1975-05-06-05:00</DATE>",
    ) == ("1965-03-12", "1970", "1971", "1972", "1975-05-06")


def test_a_person_is_found_whose_other_birth_the_list_says_is_about_right():
    data = lists.united_nations([{"name": "Zoran Vexley Quill", "birth": "1950"}])
    about = lists.birth_element("<TYPE_OF_DATE>APPROXIMATELY</TYPE_OF_DATE><YEAR>1968</YEAR>")
    _made, entries = united_nations.read(data.replace(b"</INDIVIDUAL>", about.encode() + b"</INDIVIDUAL>"))
    assert [hit.birth for hit in Index(entries).hits("Zoran Vexley Quill", births=["1965"], years_apart=1)] == [
        "unknown"
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html/>",
        b'<CONSOLIDATED_LIST dateGenerated="2026-11-20"/>',
        lists.united_nations([ZORAN])[:-30],
        lists.united_nations([ZORAN], made="yesterday"),
        lists.united_nations([ZORAN]).replace(b"<CONSOLIDATED", b"<!DOCTYPE a [<!ENTITY b 'c'>]><CONSOLIDATED", 1),
        lists.united_nations([ZORAN]).replace(b"QDi.001", b"").replace(b"<DATAID>1</DATAID>", b""),
    ],
)
def test_what_is_no_whole_list_of_the_united_nations_is_refused(data):
    with pytest.raises(BadListError):
        united_nations.read(data)


def test_the_list_of_ofac_is_read_with_other_names_births_and_countries_and_without_ships():
    data = lists.ofac(
        (
            "36",
            "QUILL, Zoran Vexley",
            "individual",
            "DOB 12 Mar 1965; alt. DOB 1966; POB Nowhere; nationality Nowhere.",
        ),
        ("37", "VEXLEY TRADING", "-0- ", "-0- "),
        ("38", "MV VEXLEY", "vessel", "-0- "),
        ("39", "BRANDT, Ilya", "individual", "DOB 1958 to 1960; citizen Elsewhere"),
    )
    entries = ofac.read(data, lists.names(("36", "ABU ZORAN"), ("38", "MV OTHER")))
    assert [(entry.uid, entry.kind) for entry in entries] == [
        ("36", "person"),
        ("37", "organisation"),
        ("39", "person"),
    ]
    assert entries[0].names == ("QUILL, Zoran Vexley", "ABU ZORAN")
    assert entries[0].births == ("1965-03-12", "1966")
    assert entries[0].countries == ("Nowhere",)
    assert (entries[2].births, entries[2].countries) == (("1958", "1959", "1960"), ("Elsewhere",))


@pytest.mark.parametrize(
    ("remarks", "births"),
    [
        ("DOB 01 Jan 1960 to 31 Dec 1965; POB Nowhere.", ("1960", "1961", "1962", "1963", "1964", "1965")),
        ("DOB Sep 1959 to Oct 1962.", ("1959", "1960", "1961", "1962")),
        ("DOB 1979-1982; citizen Nowhere.", ("1979", "1980", "1981", "1982")),
        ("DOB Mar 1965.", ("1965",)),
        ("DOB 1955 to 1956; alt. DOB 09 Feb 1960", ("1955", "1956", "1960-02-09")),
        # About a year is not exact enough to exclude anybody by.
        ("DOB circa 1979-1982; citizen Nowhere.", ()),
        ("DOB circa Mar 1965.", ()),
        ("DOB 1955 to circa 1956; alt. DOB 09 Feb 1960", ()),
        # Not read whole: then nothing is known of the birth, and nobody is left out for it.
        ("DOB 1965; alt. DOB between 1970 and 1975.", ()),
        ("DOB 1965 (approximately).", ()),
        ("DOB 30 Feb 1960.", ()),
        ("DOB 1965 to 1960.", ()),
        ("DOB ; POB Nowhere.", ()),
        ("POB Nowhere.", ()),
        ("DOB 1849.", ()),
        ("DOB 1965; " + "x" * 989, ("1965",)),
        # The column is full: another birth may be cut off behind, also where the last character is a space.
        ("DOB 1965; " + "x" * 990, ()),
        ("DOB 1965; " + "x" * 989 + " ", ()),
    ],
)
def test_a_birth_that_ofac_gives_as_a_span_is_each_of_its_years_and_one_not_read_whole_is_unknown(remarks, births):
    entries = ofac.read(lists.ofac(("36", "QUILL, Zoran", "individual", remarks)))
    assert entries[0].births == births


@pytest.mark.parametrize(
    ("data", "others"),
    [
        (b"", b""),
        (b"<html>,,,", b""),
        (b"1,2,3\r\n", b""),
        (lists.ofac(("36", "A", "individual", "")) * 2, b""),
        (lists.ofac(("36", "A", "individual", ""), ("36", "B", "individual", "")), b""),
        (lists.ofac(("36", "A", "individual", "")), lists.names(("99", "B"))),
        (b'36,"QUILL', b""),
    ],
)
def test_what_is_no_whole_list_of_ofac_is_refused(data, others):
    with pytest.raises(BadListError):
        ofac.read(data, others)


def test_an_entry_that_has_changed_has_another_hash():
    before = united_nations.read(lists.united_nations([ZORAN]))[1][0]
    same = united_nations.read(lists.united_nations([ZORAN], made="2026-11-25"))[1][0]
    after = united_nations.read(lists.united_nations([{**ZORAN, "birth": "1966"}]))[1][0]
    assert before.sha256 == same.sha256 != after.sha256


@pytest.mark.parametrize("form", [lists.european_union_xml, lists.european_union_csv])
def test_the_list_of_the_european_union_is_read_in_both_forms(form):
    made, entries = european_union.read(
        form(
            ("EU.1.1", "P", ["Zoran Vexley Quill", "Abu Zoran"], ["1965-03-12"], ["NOWHERE"]),
            ("EU.2.2", "E", ["Vexley Trading & Sons"], [], ["UNKNOWN"]),
            ("EU.3.3", "P", ["Mira Okonjo"], ["1970"], []),
        )
    )
    assert made == "2026-11-20"
    assert [(entry.uid, entry.kind, entry.names, entry.births, entry.countries) for entry in entries] == [
        ("EU.1.1", "person", ("Zoran Vexley Quill", "Abu Zoran"), ("1965-03-12",), ("NOWHERE",)),
        ("EU.2.2", "organisation", ("Vexley Trading & Sons",), (), ()),
        ("EU.3.3", "person", ("Mira Okonjo",), ("1970",), ()),
    ]


def test_of_an_entry_with_a_birth_that_is_not_read_nobody_is_excluded_by_birth():
    _made, (entry,) = european_union.read(
        lists.european_union_xml(("EU.1.1", "P", ["Zoran"], ["1965", "circa 1970"], []))
    )
    assert entry.births == ()


def european_union_births(form, *births):
    """The births of an entry whose births have these values, in either form."""
    if form == "xml":
        values = [" ".join(f"{name}='{value}'" for name, value in birth.items()) for birth in births]
        shown = "".join(f"<birthdate {each}/>" for each in values)
        data = lists.european_union_xml(ENTRY).replace(b"</sanctionEntity>", shown.encode() + b"</sanctionEntity>")
    else:
        heads = sorted({name for birth in births for name in birth})
        lines = [["BirthDate_" + name[0].upper() + name[1:] for name in heads], ["" for _head in heads]]
        lines += [[birth.get(name, "") for name in heads] for birth in births]
        before = ["fileGenerationDate;Entity_LogicalId;Entity_SubjectType;NameAlias_WholeName", "20/11/2026;1;P;Zoran"]
        before += ["20/11/2026;1;P;"] * len(births)
        data = "\n".join(";".join([first, *line]) for first, line in zip(before, lines, strict=True)).encode()
    _made, (entry,) = european_union.read(data)
    return entry.births


@pytest.mark.parametrize("form", ["xml", "csv"])
@pytest.mark.parametrize(
    "birth",
    [
        {"yearRangeFrom": "1960", "yearRangeTo": "1965"},
        {"year": "1960", "yearRangeTo": "1965"},
        {"circa": "true", "year": "1970"},
        {"circa": "TRUE", "birthdate": "1970-01-01"},
        {"birthdate": "1970-01-01", "calendarType": "ISLAMIC"},
        {"year": "0000"},
        {"year": "1849"},
        {"year": "2027"},
        {"birthdate": "1849-12-31"},
        {"birthdate": "1970-02-30"},
        {"birthdate": "1970-01-01/1975-01-01"},
        {"birthdate": "", "year": "", "monthOfYear": "4"},
        {"city": "Nowhere"},
    ],
)
def test_one_birth_of_the_european_union_that_is_no_day_and_no_year_leaves_all_births_of_the_entry_unknown(form, birth):
    assert european_union_births(form, birth) == ()
    assert european_union_births(form, {"year": "1901"}, birth) == ()


@pytest.mark.parametrize("form", ["xml", "csv"])
def test_a_birth_with_its_place_and_calendar_is_read(form):
    whole = {
        "circa": "false",
        "calendarType": "GREGORIAN",
        "city": "Nowhere",
        "birthdate": "1937-04-28",
        "year": "1937",
    }
    assert european_union_births(form, whole, {"year": "2026"}) == ("1937-04-28", "2026")


ENTRY = ("EU.1.1", "P", ["Zoran Vexley Quill"], [], [])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html/>",
        lists.european_union_xml(),
        lists.european_union_csv(),
        lists.european_union_xml(ENTRY)[:-20],
        lists.european_union_xml(ENTRY).replace(b"<export", b"<!DOCTYPE a [<!ENTITY b 'c'>]><export", 1),
        lists.european_union_xml(ENTRY).replace(b"generationDate", b"made"),
        lists.european_union_xml(("EU.1.1", "P", [""], [], [])),
        lists.european_union_csv(ENTRY).replace(b"20/11/2026", b"yesterday"),
        lists.european_union_csv(ENTRY).replace(b"Entity_SubjectType;", b""),
        lists.european_union_csv(ENTRY) + b"1;2\r\n",
    ],
)
def test_what_is_no_whole_list_of_the_european_union_is_refused(data):
    with pytest.raises(BadListError):
        european_union.read(data)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-16", "cp037"])
@pytest.mark.parametrize(
    ("read", "data", "root"),
    [
        (united_nations.read, lists.united_nations([ZORAN]), "<CONSOLIDATED_LIST"),
        (european_union.read, lists.european_union_xml(ENTRY), "<export"),
    ],
)
def test_a_document_type_is_refused_in_every_encoding(read, data, root, encoding):
    text = data.decode().replace(root, f"<!DOCTYPE a [<!ENTITY b 'c'>]>{root}", 1).replace("Zoran", "&b;", 1)
    named = {"utf-8": "UTF-8", "cp037": "IBM037"}.get(encoding, encoding.upper())
    body = text.partition("?>")[2] if text.startswith("<?xml") else text
    with pytest.raises(BadListError):
        read(f'<?xml version="1.0" encoding="{named}"?>{body}'.encode(encoding))


SCHEDULES = (
    b"schedule,number,name,other_names,born\n"
    b"1,1,Vexley Front/Vexley Army,Free Vexley; VXF,\n"
    b'4,2.,"Quill, Zoran Vexley",Abu Zoran,1965\n'
)


def test_the_schedules_of_the_uapa_are_read_from_their_table():
    assert [(entry.uid, entry.kind, entry.names, entry.births) for entry in unlawful_activities.read(SCHEDULES)] == [
        ("1.1", "organisation", ("Vexley Front", "Vexley Army", "Free Vexley", "VXF"), ()),
        ("4.2", "person", ("Quill, Zoran Vexley", "Abu Zoran"), ("1965",)),
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"schedule,number,name,other_names,born\n",
        SCHEDULES.replace(b"1,1,", b"2,1,"),
        SCHEDULES.replace(b"4,2.,", b"1,1,"),
        SCHEDULES.replace(b"4,2.,", b"4,second,"),
        SCHEDULES.replace(b",1965", b",about 1965"),
        SCHEDULES.replace(b",1965", b",1965-02-30"),
        SCHEDULES.replace(b",1965", b",0000"),
        SCHEDULES.replace(b"schedule,number", b"schedule,no"),
        SCHEDULES + b"4,3,Too,Many,1970,Columns\n",
        SCHEDULES + b"4,3,,,\n",
        SCHEDULES + "4,3,Zoë,,\n".encode("utf-16"),
    ],
)
def test_what_is_no_table_of_the_schedules_is_refused(data):
    with pytest.raises(BadListError):
        unlawful_activities.read(data)


#: By form: whose list, its bytes, the names beside it, and what its reader says in this process.
EDITIONS = {
    "un": lambda: edition("un", lists.united_nations([ZORAN]), united_nations.read),
    "eu": lambda: edition("eu", lists.european_union_xml(ENTRY), european_union.read),
    "eu as CSV": lambda: edition("eu", lists.european_union_csv(ENTRY), european_union.read),
    "ofac": lambda: edition(
        "ofac",
        lists.ofac(("36", "QUILL, Zoran", "individual", "DOB 12 Mar 1965.")),
        ofac.read,
        lists.names(("36", "ABU")),
    ),
    "uapa": lambda: edition("uapa", SCHEDULES, unlawful_activities.read),
}


def edition(source, data, read, names=None):
    found = read(data) if names is None else read(data, names)
    version, entries = found if isinstance(found, tuple) else ("", found)
    return source, data, names or b"", (date.fromisoformat(version) if version else None, entries)


@pytest.mark.parametrize("form", ["un", "eu", "eu as CSV", "ofac", "uapa"])
def test_a_list_is_read_in_a_confined_child_as_its_reader_reads_it(form):
    source, data, names, expected = EDITIONS[form]()
    assert sanctions_lists.read(source, data, names=names) == expected


def test_what_the_reader_refuses_the_child_refuses_in_the_same_words():
    with pytest.raises(BadListError, match="is not the consolidated list"):
        sanctions_lists.read("un", b"<other/>")


def test_nothing_of_a_list_is_parsed_in_the_process_that_holds_the_keys(monkeypatch):
    def parsed(*_args, **_more):
        raise AssertionError("parsed here")

    monkeypatch.setattr(etree, "fromstring", parsed)
    assert sanctions_lists.read("un", lists.united_nations([ZORAN]))[1][0].uid == "QDi.001"


@pytest.mark.parametrize(
    "row",
    [
        ["QDi.1", "person", "Zoran", [], []],
        ["QDi.1", "robot", ["Zoran"], [], []],
        ["QDi.1", "person", [], [], []],
        ["QDi.1", "person", [7], [], []],
        [7, "person", ["Zoran"], [], []],
        ["QDi.1", "person", ["Zoran"], []],
        "QDi.1",
    ],
)
def test_an_answer_of_the_child_that_is_no_entry_ends_the_reading(monkeypatch, row):
    answer = {"fault": "", "version": "2026-11-20"}, json.dumps([row]).encode()
    monkeypatch.setattr(client, "ask_for_bytes", lambda *_, **__: answer)
    with pytest.raises(BadListError, match="cannot be read"):
        sanctions_lists.read("un", b"")
