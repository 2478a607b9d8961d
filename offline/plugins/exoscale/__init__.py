"""The stand-in of `exoscale`: a cloud whose instances are machines on the Docker engine of DOCKER_HOST.

Its environment: EXOSCALE_STANDIN_FOLDER, where the cloud's records are (the folder `exoscale` of the cache);
EXOSCALE_STANDIN_SUBNET, of which each zone has a sixteenth (10.120.0.0/16); EXOSCALE_STANDIN_CALLS, a file that each
call of the API is written to, one a line.
"""
