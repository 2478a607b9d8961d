"""Files that lead an operator to the machines and the swarm of a stack, in .state/files/<stack>."""
