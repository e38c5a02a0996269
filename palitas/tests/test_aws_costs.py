"""The estimate of docs/aws.md: its arithmetic, and prices that are those of its list."""

import math
import re
from pathlib import Path

import pytest
from django.conf import settings

from palitas.tests.aws import FOLDER

PAGE = Path(settings.BASE_DIR, "docs", "aws.md").read_text()
ROW = re.compile(r"^\| ([^|*]+) \| ([\d.,× ]+) \| ([\d.,]+) \|$", re.MULTILINE)
TOTAL = re.compile(r"^\| \*\*together\*\* \| \| \*\*([\d.,]+)\*\* \|$", re.MULTILINE)


def number(text: str) -> float:
    return float(text.replace(",", ""))


def table(people: str) -> str:
    return PAGE.split(f"\n### {people} people a month\n")[1].split("\n### ")[0]


@pytest.mark.parametrize("people", ["1,000", "100,000", "1,000,000"])
def test_rows_are_what_their_arithmetic_gives_and_add_up(people):
    rows = ROW.findall(table(people))
    assert len(rows) >= 16
    for what, terms, cost in rows:
        assert math.prod(number(term) for term in terms.split(" × ")) == pytest.approx(number(cost), abs=0.0051), what
    (total,) = TOTAL.findall(table(people))
    assert sum(number(cost) for _what, _terms, cost in rows) == pytest.approx(number(total), abs=0.001)


@pytest.mark.parametrize("people", ["1,000", "100,000", "1,000,000"])
def test_prices_are_those_of_the_list(people):
    listed = re.findall(
        r"^\| [^|]+ \| ([\d., ]+) \|$", PAGE.split("\n| price | $ |\n")[1].split("\n\n")[0], re.MULTILINE
    )
    prices = {number(price) for prices in listed for price in prices.split(", ")}
    assert [
        what for what, terms, _cost in ROW.findall(table(people)) if number(terms.split(" × ")[-1]) not in prices
    ] == []


def test_page_names_parameters_and_files_that_there_are():
    template = (FOLDER / "template.yaml").read_text()
    named = set(re.findall(r"\b([A-Z][a-zA-Z]+)=", PAGE.replace("-o ProxyCommand=", "")))
    assert "NatGateways" in named
    assert [name for name in named if f"\n  {name}:\n" not in template] == []
    assert [
        name for name in re.findall(r"`((?:one|several)-[a-z]+\.json)`", PAGE) if not (FOLDER / name).exists()
    ] == []
