import re

from .house import House

LINE = re.compile(
    r'(# (HELP|TYPE) .+)|([a-z_]+(\{[a-z]+="([^"\\\n]|\\.)*"(,[a-z]+="([^"\\\n]|\\.)*")*\})? -?[\d.e+-]+)'
)


async def test_what_a_scraper_finds(house: House) -> None:
    answer = await house.client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    assert not [line for line in lines if not LINE.fullmatch(line)]
    assert 'onsil_point_value{point="air.temperature"} 4' in lines
    assert 'onsil_actuator_target_percent{actuator="heater"} 100' in lines
    assert 'onsil_alarm{alarm="Frost",priority="critical",state="raised"} 1' in lines
    assert 'onsil_device_timeouts_total{bus="rs485",device="<box>"} 1' in lines
    assert any(line.startswith("onsil_resident_memory_bytes ") for line in lines)
