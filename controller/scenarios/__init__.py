"""Tests of rules, written by farmers and advisers beside rules.yaml, and run through the real core in milliseconds."""

from .devices import IdealDevices
from .file import FILE, load
from .play import Failure, play
from .scenario import Scenario

__all__ = ["FILE", "Failure", "IdealDevices", "Scenario", "load", "play"]
