"""Commands on a stack: `python -m tools.stack up|preview|refresh|recover|status|down|template|nuvla STACK`."""
