"""What runs outside a notebook: the command line, and the quickstart that it can show."""
