#!/bin/sh
# Runs the engine. If the file's header has a line `##gas_test_delay_secs=N`, it waits N seconds
# first, so that tests can interrupt a running job. The test stack sets this script as the worker's
# annotator command.
delay=$(sed -n 's/^##gas_test_delay_secs=\([0-9]*\)$/\1/p;/^#CHROM/q' "$2")
[ -z "$delay" ] || sleep "$delay"
exec gas-annotate "$@"
