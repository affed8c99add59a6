"""What a laptop needs instead of the cloud: the two doubles, the embedded AWS and the scenarios."""
