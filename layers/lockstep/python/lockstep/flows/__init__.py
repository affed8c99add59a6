"""One business movement per module, written against the ports in `ports.py`."""
