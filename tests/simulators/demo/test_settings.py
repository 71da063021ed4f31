"""What the options of `onsil demo` mean together."""

from __future__ import annotations

import argparse

from simulators.demo.settings import Settings, add_arguments, settings


def given(*arguments: str) -> Settings:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return settings(parser.parse_args(arguments))


def test_without_a_view_there_is_a_page_only_where_it_is_asked_for() -> None:
    assert given().port == 8080
    assert given("--port", "0").port == 0
    assert given("--headless").port == 0
    assert given("--headless", "--port", "8081").port == 8081


def test_json_needs_the_terminal_for_itself() -> None:
    assert given("--json").headless
    assert not given().headless


def test_durations_have_units() -> None:
    assert given("--for", "2min").seconds == 120
    assert given().seconds is None


def test_where_data_go() -> None:
    assert given().uplink is None
    assert given("--influx", "http://a:1", "--influx-token", "t").uplink == {
        "url": "http://a:1",
        "org": "farm",
        "bucket": "greenhouse",
        "token": "t",
    }
    assert given("--influx", "http://a:1", "--influx-database", "d").uplink == {
        "api": 1,
        "url": "http://a:1",
        "database": "d",
    }
