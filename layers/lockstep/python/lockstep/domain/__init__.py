"""The trade's own rules: pure, without I/O, clock or library."""
