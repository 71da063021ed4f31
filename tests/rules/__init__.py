"""The farmer's language: what is read, what is refused, what it means."""
