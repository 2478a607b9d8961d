"""Commands of operators on a stack: `python -m tools.stack up|preview|refresh|status|down|template|nuvla STACK`."""
