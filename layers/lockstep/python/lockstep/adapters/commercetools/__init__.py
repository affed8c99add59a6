"""The shop: commercetools' HTTP API."""
