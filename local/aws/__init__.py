"""An embedded AWS on loopback, without containers: see docs/testing.md for what it is and what it is not."""
