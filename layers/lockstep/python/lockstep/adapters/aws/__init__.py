"""Lockstep's own memory and lanes: DynamoDB, SQS, Secrets Manager."""
