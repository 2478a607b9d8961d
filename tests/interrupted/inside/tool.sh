#!/bin/sh
# Runs what takes the place of the tool that it is called as.
PYTHONPATH=/opt exec python3 -S -m tests.interrupted.inside.tools "${0##*/}" "$@"
