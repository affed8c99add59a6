"""Settings, the one composition root, observability and the queue worker."""
