import pytest

from controller.web.language import speech
from controller.web.names import label


@pytest.mark.parametrize(
    ("name", "english", "korean"),
    [
        ("air.temperature", "Air temperature", "실내 온도"),
        ("air.temperature_2", "Air temperature 2", "실내 온도 2"),
        ("slab_a.water_content", "Slab A water content", "배지 A 함수율"),
        ("roof_vent", "Roof vent", "천창"),
        ("irrigation_a", "Irrigation A", "관수 A"),
        ("co2_valve", "CO2 valve", "CO2 밸브"),
        ("hermes.speed", "hermes.speed", "hermes.speed"),
        ("roof_vent_motor", "roof_vent_motor", "roof_vent_motor"),
        ("", "", ""),
    ],
)
def test_a_name_in_words(name: str, english: str, korean: str) -> None:
    assert (label(name, speech("en")), label(name, speech("ko"))) == (english, korean)
