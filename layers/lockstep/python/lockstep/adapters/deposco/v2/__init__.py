"""Deposco's current REST API ("V2")."""
