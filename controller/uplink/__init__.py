"""Where events go from the outbox. See README.md for what arrives there."""
