"""A small, faithful commercetools: the part of its APIs and messages that an order integration touches."""
