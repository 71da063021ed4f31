"""The composition root: builds everything from the two files, keeps it running, reloads it and shuts it down."""
