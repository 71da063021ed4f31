"""What cannot be opened is named, with what to look at."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
import serial

from drivers.opening import why_not


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOENT, "there is no /dev/x: look"),
        (errno.EACCES, "/dev/x may not be opened: onsil doctor says by what group"),
        (errno.EBUSY, "/dev/x is in use by another program"),
        (errno.EIO, "[Errno 5] broken"),
    ],
)
def test_the_words_of_the_system_are_made_plain(number: int, said: str) -> None:
    assert why_not(OSError(number, "broken"), "/dev/x", "look") == said


def test_the_serial_library_says_why_as_well(tmp_path: Path) -> None:
    missing = str(tmp_path / "adapter")
    with pytest.raises(serial.SerialException) as caught:
        serial.Serial(missing)
    assert why_not(caught.value, missing, "look") == f"there is no {missing}: look"
    assert why_not(OSError("the package is missing"), missing, "look") == "the package is missing"
