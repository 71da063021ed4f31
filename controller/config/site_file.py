"""The shape of site.yaml: what is wired to what."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag, WithJsonSchema

from .entry import Entry, File
from .fields import (
    Area,
    Duration,
    DurationAboveZero,
    Flow,
    Label,
    Name,
    SafePosition,
    Share,
    Size,
    Timezone,
    Travel,
    Url,
)
from .nodes import Mapping


class Site(Entry):
    """Where the greenhouse stands, and which language its people read."""

    name: Label = Field(examples=["House 1"], description="What you call the greenhouse.")
    latitude: float = Field(ge=-90, le=90, allow_inf_nan=False, examples=[35.8], description="Degrees north.")
    longitude: float = Field(ge=-180, le=180, allow_inf_nan=False, examples=[126.88], description="Degrees east.")
    timezone: Timezone = Field(examples=["Asia/Seoul"])
    language: Literal["ko", "en"] = Field(default="en", description="Language of page, alarms and explanations.")


class Compartment(Entry):
    """A part of the site with a climate of its own. What belongs to it has a name that begins with its name and a dot,
    as east.air.temperature and east.roof_vent do; everything else is shared."""

    ko: Label | None = Field(default=None, description="What Korean readers see.", examples=["동쪽 동"])
    en: Label | None = Field(default=None, description="What English readers see.", examples=["East bay"])
    area: Area | None = Field(
        default=None, description="Its floor: what a season of all compartments together is weighed by."
    )


class Bus(Entry):
    """A serial line, a broker, ...: the driver decides which other keys there are."""

    model_config = ConfigDict(extra="allow")
    open_keys: ClassVar[bool] = True

    driver: Label = Field(examples=["modbus"], description="Who speaks on this bus: modbus, mqtt, ...")


class Device(Entry):
    """A device on a bus: the bus's driver decides which other keys there are."""

    model_config = ConfigDict(extra="allow")
    open_keys: ClassVar[bool] = True

    bus: Label = Field(examples=["rs485"], description="The bus it is wired to, by its name under buses:.")
    points: dict[Name, Label] = Field(
        default={},
        description="Your name of each point, and the device's name of it.",
        examples=[{"air.temperature": "temperature"}],
    )


class Calibration(Entry):
    """What the sensor says, times gain, plus offset, is the truth."""

    gain: float = Field(default=1.0, gt=0, le=1000, allow_inf_nan=False)
    offset: Label | None = Field(default=None, description="In the unit of the point.", examples=["-0.8 %"])


class Sensor(Entry):
    """How one point's readings are treated. What is left away follows from the quantity."""

    quantity: Label | None = Field(
        default=None, description="What it measures, where its name does not say it.", examples=["temperature"]
    )
    unit: Label | None = Field(
        default=None,
        description="The device's unit, where it does not say it.",
        examples=["°C"],
    )
    vote: list[Label] | None = Field(
        default=None, min_length=2, description="The point becomes the median of the good ones of these."
    )
    disagree: Label | None = Field(default=None, description="Alarm when the voters differ by more.", examples=["2 °C"])
    range: Label | None = Field(default=None, description="A value outside is bad.", examples=["-30 .. 60 °C"])
    max_rate: Label | None = Field(default=None, description="A faster change is bad.", examples=["5 °C/min"])
    stale_after: DurationAboveZero | None = Field(default=None, description="An older value is no value.")
    stuck_after: DurationAboveZero | None = Field(default=None, description="Unchanged for so long is bad.")
    calibrate: Calibration | None = None
    grace: Duration | None = Field(default=None, description="So long others go on without it.")


class Position(Entry):
    """A motor: 0 % is closed, 100 % is open."""

    kind: Literal["position"]
    output: Label = Field(examples=["roof_vent.node"], description="The point of a device that moves it.")
    safe: SafePosition = Field(examples=["0 %"])
    stop: Literal["safe", "keep"] = Field(default="keep", description="Where it goes when the controller is stopped.")
    travel_time: Travel = Field(examples=["180 s"])
    measured: Label | None = Field(
        default=None,
        description="The point that tells its position, where a sensor does.",
        examples=["roof_vent.position"],
    )
    deadband: Share = Field(default=2.0, description="Smaller differences do not move it.", examples=["3 %"])
    dead_time: Duration = Field(default=1.0, description="Rest between two directions.", examples=["1 s"])


class Switch(Entry):
    """A heater, a fan, a pump: on or off."""

    kind: Literal["switch"]
    output: Label = Field(examples=["heater.relay"], description="The point of a device that switches it.")
    safe: SafePosition = Field(examples=["off"])
    stop: Literal["safe", "keep"] = Field(default="safe", description="Where it goes when the controller is stopped.")
    min_on: Duration = Field(default=0.0, description="Once on, it stays on so long.")
    min_off: Duration = Field(default=0.0, description="Once off, it stays off so long.")
    max_on: DurationAboveZero | None = Field(default=None, description="Never on for longer at a stretch.")
    max_per_day: DurationAboveZero | None = Field(default=None, description="Never on for longer in a day.")


class Valve(Entry):
    """An irrigation valve: open or closed."""

    kind: Literal["valve"]
    output: Label = Field(examples=["irrigation_a.relay"], description="The point of a device that opens it.")
    safe: SafePosition = Field(examples=["closed"])
    stop: Literal["safe", "keep"] = Field(default="safe", description="Where it goes when the controller is stopped.")
    flow: Flow | None = None
    min_on: Duration = Field(default=0.0, description="Once open, it stays open so long.")
    min_off: Duration = Field(default=0.0, description="Once closed, it stays closed so long.")
    max_on: DurationAboveZero | None = Field(default=None, description="Never open for longer at a stretch.")
    max_per_day: DurationAboveZero | None = Field(default=None, description="Never open for longer in a day.")


class Setting(Entry):
    """A number that a device is told: a mixer's EC, a dimmer, the setpoint of another computer."""

    kind: Literal["setting"]
    output: Label = Field(examples=["mixer.ec"], description="The point of a device that takes the number.")
    range: Label = Field(examples=["0.5 .. 4 mS/cm"], description="Nothing can set it beyond.")
    safe: Label = Field(examples=["1.5 mS/cm"], description="What it is set to when nobody knows.")
    deadband: Label | None = Field(
        default=None, description="Smaller changes are not written; else 1 % of the range.", examples=["0.05 mS/cm"]
    )


class Kindless(Entry):
    """What is left to complain about where an actuator does not say what it is."""

    model_config = ConfigDict(extra="allow")
    open_keys: ClassVar[bool] = True

    kind: Literal["position", "switch", "valve", "setting"] = Field(examples=["switch"])


def _kind(value: Any) -> str:
    kind = value.get("kind") if isinstance(value, Mapping) else None
    return f"<{kind}>" if kind in ("position", "switch", "valve", "setting") else "<kindless>"


Actuator = Annotated[
    Annotated[Position, Tag("<position>")]
    | Annotated[Switch, Tag("<switch>")]
    | Annotated[Valve, Tag("<valve>")]
    | Annotated[Setting, Tag("<setting>")]
    | Annotated[Kindless, Tag("<kindless>"), WithJsonSchema({"not": {}})],
    Discriminator(_kind),
]


class Interlock(Entry):
    """Actuators that must never be in these positions at the same time."""

    never: Label = Field(examples=['"heater on and roof_vent > 30 %"'])
    keep: Label = Field(examples=["roof_vent"], description="The actuator that gets its way; another one yields.")


class Influx2(Entry):
    """InfluxDB 2 or 3, or whatever else takes its writes."""

    api: Literal[2] = 2
    url: Url = Field(examples=["http://localhost:8086"])
    org: Label = Field(examples=["farm"])
    bucket: Label = Field(examples=["greenhouse"])
    token: Label = Field(examples=["${INFLUX_TOKEN}"])


class Influx1(Entry):
    """InfluxDB 1.x."""

    api: Literal[1] = Field(examples=[1])
    url: Url = Field(examples=["http://localhost:8086"])
    database: Label = Field(examples=["greenhouse"])
    username: Label | None = None
    password: Label | None = Field(default=None, examples=["${INFLUX_PASSWORD}"])


def _api(value: Any) -> str:
    return "<api 1>" if isinstance(value, Mapping) and value.get("api") == 1 else "<api 2>"


class _ByBroker(Entry):
    """What the uplinks have in common that go through an MQTT broker."""

    broker: Label = Field(
        examples=["broker"], description="A bus with driver: mqtt, by its name, or an address like mqtt://server:1883."
    )
    username: Label | None = Field(default=None, description="Where broker is an address.")
    password: Label | None = Field(default=None, examples=["${HA_PASSWORD}"])
    ca: Label | None = Field(default=None, description="File of the authority that an mqtts:// broker is known by.")
    override: DurationAboveZero = Field(
        default=1800.0, description="So long a command from there holds.", examples=["30 min"]
    )


class HomeAssistant(_ByBroker):
    """Home Assistant, which finds everything by MQTT discovery. Its commands are overrides."""

    prefix: Label | None = Field(
        default=None, description="Home Assistant's discovery prefix.", examples=["homeassistant"]
    )
    discovery: Literal["entities", "device"] = Field(
        default="entities",
        description="One message for each entity, which every version takes, or one for all, from 2024.11 on.",
    )


class Sparkplug(_ByBroker):
    """A SCADA system that speaks Sparkplug B. Its commands are overrides."""

    group: Label = Field(examples=["farm"], description="The group of edge nodes that this house belongs to.")
    node: Label | None = Field(default=None, description="Its name there; the site's name where it is not given.")
    host: Label | None = Field(
        default=None, description="The primary host: without it everything waits.", examples=["scada"]
    )


class Uplink(Entry):
    """Where readings and events go."""

    influxdb: (
        Annotated[Annotated[Influx2, Tag("<api 2>")] | Annotated[Influx1, Tag("<api 1>")], Discriminator(_api)] | None
    ) = None
    home_assistant: HomeAssistant | None = None
    sparkplug: Sparkplug | None = None
    keep: DurationAboveZero | None = Field(default=None, description="What waits longer is lost.", examples=["30 days"])
    max_size: Size | None = Field(default=None, description="So much may wait on the disk.", examples=["500 MB"])


class OwnTwin(Entry):
    """What the model of a compartment has of its own."""

    structure: Label | None = Field(default=None, description="The greenhouse.", examples=["east.toml"])
    crop: Label | None = Field(default=None, description="The crop.", examples=["tomato"])


class Twin(Entry):
    """A model of this greenhouse that lives beside it, and says what is probably broken."""

    structure: Label = Field(
        examples=["house.toml"],
        description="The greenhouse: a file beside this one, as `onsil calibrate` writes it, or a name: venlo, tunnel.",
    )
    crop: Label | None = Field(
        default=None, description="The crop, likewise; tomato where it is not given.", examples=["tomato"]
    )
    compartments: dict[Name, OwnTwin] = Field(
        default={}, description="The compartments that have another greenhouse or crop than the others."
    )


class SiteFile(File):
    """site.yaml: what is wired to what. The installer writes it once; farmers edit rules.yaml."""

    onsil: Literal[1] = Field(examples=[1], description="Version of this format.")
    site: Site = Field(examples=["(name, latitude, longitude, timezone)"])
    compartments: dict[Name, Compartment] = Field(
        default={}, description="Parts of the site with a climate of their own, where there are several."
    )
    buses: dict[Name, Bus] = Field(default={}, description="The serial lines and brokers.")
    devices: dict[Name, Device] = Field(default={}, description="What is connected to them.")
    sensors: dict[Name, Sensor] = Field(default={}, description="Treatment of single points.")
    actuators: dict[Name, Actuator] = Field(default={}, description="What moves, and its hard limits.")
    interlocks: list[Interlock] = Field(default=[], description="Combinations that must never be.")
    uplink: Uplink = Field(default=Uplink(), description="Where readings and events go.")
    twin: Twin | None = Field(default=None, description="A model that says what is probably broken.")
