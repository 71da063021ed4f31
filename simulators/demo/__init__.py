"""The whole system in one command: the real controller and a simulated greenhouse in a second process."""
