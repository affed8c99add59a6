"""Lockstep: keeps a commercetools shop and a Deposco warehouse in lockstep."""
