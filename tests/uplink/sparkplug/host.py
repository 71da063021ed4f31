"""Runs in an environment of its own: a Sparkplug host application written by others (mqtt-spb-wrapper).

python host.py GROUP PORT     prints a line of JSON for each message it understands, and takes lines of JSON with
                              {"node", "command": {name: value}} to send
python host.py decode         takes payloads in hexadecimal, a line each, and prints each as JSON
"""

import json
import sys
import time

from mqtt_spb_wrapper import MqttSpbEntityScada
from mqtt_spb_wrapper.spb_base import SpbPayloadParser


def decode() -> None:
    for line in sys.stdin:
        print(json.dumps(SpbPayloadParser().parse_payload(bytes.fromhex(line))), flush=True)


def host(group: str, port: int) -> None:
    scada = MqttSpbEntityScada(group, "onlooker")

    def told(topic, payload) -> None:  # type: ignore[no-untyped-def]
        about = {"kind": topic.message_type, "node": topic.eon_name, "payload": payload}
        print(json.dumps(about, default=str), flush=True)

    scada.on_message = told
    assert scada.connect(host="127.0.0.1", port=port)
    while not scada.is_connected():
        time.sleep(0.01)
    print(json.dumps({"kind": "READY", "node": "", "payload": {}}), flush=True)
    for line in sys.stdin:
        question = json.loads(line)
        scada.send_commands(question["command"], question["node"])
    scada.disconnect()


if sys.argv[1] == "decode":
    decode()
else:
    host(sys.argv[1], int(sys.argv[2]))
