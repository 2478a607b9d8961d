module nuvla-swarm.local/whoami

go 1.25.0
