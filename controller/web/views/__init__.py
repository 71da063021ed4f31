"""The pages as HTML, each a function of plain data."""
