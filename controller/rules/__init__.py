"""The farmer's language: from the text of a rule to a checked, typed tree and to plain Python. Pure."""
