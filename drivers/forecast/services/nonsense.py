"""What a service answers when it gives no forecast."""


class Nonsense(Exception):
    """An answer without a forecast; the text says what it says instead."""
