"""What a service answers when it gives no forecast."""

UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)
"""What reading an answer can end with that says anything at all."""


class Nonsense(Exception):
    """An answer without a forecast; the text says what it says instead."""
