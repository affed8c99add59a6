"""What both HTTP systems share: the session, the token cache and the fate of an answer."""
