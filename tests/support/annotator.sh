#!/bin/sh
# The engine, except that a file with a line `##gas_test_delay_secs=N` in its header is held up for
# N seconds first, so that tests can interrupt a job that runs. Set as the worker's annotator
# command, as an operator would set another engine.
delay=$(sed -n 's/^##gas_test_delay_secs=\([0-9]*\)$/\1/p;/^#CHROM/q' "$2")
[ -z "$delay" ] || sleep "$delay"
exec gas-annotate "$@"
