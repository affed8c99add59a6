"""In-memory implementations of the ports, held to the same contract tests as the AWS ones."""
