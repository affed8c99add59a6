"""A double of Deposco: both generations of its API, and a warehouse behind them that works when told to."""
