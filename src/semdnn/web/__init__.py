"""The page that `semdnn serve` shows in a browser: hear, search and walk through a library."""
