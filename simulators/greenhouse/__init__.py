"""The greenhouse itself: one compartment with its crop, its slab and the weather around it."""

from .twin import Twin

__all__ = ["Twin"]
