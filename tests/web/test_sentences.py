import pytest

from controller.config import check_texts
from controller.web.language import LANGUAGES, speech
from controller.web.sentences import sentences
from simulators.demo import files


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_of_house1_has_a_sentence_at_its_line(language: str) -> None:
    files.environment()
    site, rules = ((files.EXAMPLE / name).read_text() for name in ("site.yaml", "rules.yaml"))
    configuration = check_texts(site, rules).configuration
    assert configuration is not None
    plan, lines = configuration.plan, rules.splitlines()
    found = sentences(plan, speech(language))
    acting = (*plan.rules, *plan.irrigation, *plan.safety, *plan.alarms)
    assert [name for name, _, _ in found] == [each.name for each in acting]
    for name, text, line in found:
        assert text.endswith(".")
        assert "{" not in text
        assert any(name in near for near in lines[max(line - 4, 0) : line]), (name, line)


def test_a_sentence() -> None:
    files.environment()
    site, rules = ((files.EXAMPLE / name).read_text() for name in ("site.yaml", "rules.yaml"))
    configuration = check_texts(site, rules).configuration
    assert configuration is not None
    found = {name: text for name, text, _ in sentences(configuration.plan, speech("en"))}
    assert found["Shade at strong sun"] == (
        "When outside.radiation > 700 W/m² for 5 min: Shade screen 70 %, until outside.radiation < 550 W/m² for 15 min."
    )
    assert found["Fog when the air is too dry"] == (
        "While air.vpd > 1.6 kPa for 3 min and roof_vent < 50 %: Fogger on for 30 s every 5 min."
    )
    assert found["Rain"].startswith("Above all else: When outside.rain is wet: Roof vent at most 15 %")
