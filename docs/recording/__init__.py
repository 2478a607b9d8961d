"""Recording of the first commands of an operator at a terminal, and the picture that is drawn of it."""
