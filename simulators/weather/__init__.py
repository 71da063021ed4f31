"""Weather for the simulated greenhouse: read from files, or made up for any place from a seed."""
