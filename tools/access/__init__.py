"""Access of operators to a stack: files in .state/files/<stack>, and requests to its services."""
