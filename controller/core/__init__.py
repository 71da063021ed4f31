"""The state machine that decides: time and readings in, commands and events out. No I/O, no clock, no asyncio."""
