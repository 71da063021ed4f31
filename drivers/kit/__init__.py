"""What the author of a driver needs besides `controller.model.ports`: a virtual field to write, and tests to inherit.

Nothing here imports pytest, and nothing here runs in a greenhouse.
"""

from .bench import Heard, RealClock, at_work, order, soon
from .conformance import Conformance
from .field import Unable, VirtualField

__all__ = ["Conformance", "Heard", "RealClock", "Unable", "VirtualField", "at_work", "order", "soon"]
