"""What the API takes, as models: they check what comes, and the OpenAPI document is made from them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from controller.app.desk import LONGEST_OVERRIDE
from controller.app.records import MOST_TEXT

LONGEST_TARGET = 500


class Question(BaseModel):
    """The body of a request. Nothing but the named fields is taken."""

    model_config = ConfigDict(extra="forbid", strict=True)


class OverrideQuestion(Question):
    """Set an actuator by hand for a while."""

    actuator: str = Field(description="Its name in site.yaml", max_length=200)
    value: Annotated[
        float,
        Field(ge=0, le=100, description="% of opening; 100 is on or open, 0 is off or closed; a setting in its unit"),
    ]
    seconds: Annotated[float, Field(gt=0, le=LONGEST_OVERRIDE, description="How long until the rules go on")]


class ReleaseQuestion(Question):
    """Give an actuator back to the rules."""

    actuator: str = Field(max_length=200)


class AcknowledgeQuestion(Question):
    """Note that a person has seen an alarm."""

    alarm: str = Field(max_length=300)


class RulesQuestion(Question):
    """A text of rules.yaml."""

    rules: str = Field(max_length=MOST_TEXT)


class TrialQuestion(RulesQuestion):
    """Rules to be tried against those in force."""

    days: Annotated[int, Field(ge=1, le=366)] = 3


class ScanQuestion(Question):
    """Find out what is on a serial line or at a broker."""

    target: str = Field(
        description="A serial port of GET /api/scan, or mqtt://name:password@broker", max_length=LONGEST_TARGET
    )
    thorough: bool = Field(False, description="Leave nothing out: every line setting, 15 minutes at a broker")


class Done(BaseModel):
    """That it is done, in words."""

    done: str


class Mistake(BaseModel):
    """Why the answer is no."""

    error: str
