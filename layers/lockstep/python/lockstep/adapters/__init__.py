"""The ports' implementations: one package per system, wire models included."""
