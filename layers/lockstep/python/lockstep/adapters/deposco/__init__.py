"""The warehouse: Deposco's integration APIs, one package per generation."""
