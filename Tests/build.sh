#!/usr/bin/env bash
# build.sh OPTION…: `swift build` with these options. On a terminal SwiftPM shows its progress itself. Otherwise a line is
# printed for each hundred steps, and warnings and errors whole. The whole output is in .build/tests-build.log.
set -uo pipefail
if [ -t 1 ]; then exec "${SWIFT:-swift}" build "$@"; fi
mkdir -p .build
log=.build/tests-build.log
"${SWIFT:-swift}" build "$@" 2>&1 | tee "$log" | awk '
    BEGIN { next_report = 100 }
    match($0, /^\[[0-9]+\/[0-9]+\]/) {
        split(substr($0, 2, RLENGTH - 2), steps, "/")
        if (steps[1] >= next_report) {
            printf "Building: %d of %d\n", steps[1], steps[2]
            fflush()
            next_report = steps[1] + 100
        }
        next
    }
    # SwiftPM prints diagnostics below the step that they come from, each with its file and line.
    /(warning|error): / || /^ *([0-9]+ )?[|`]/ || /^Build complete/ { print; fflush() }'
status=("${PIPESTATUS[@]}")
if [ "${status[0]}" != 0 ]; then tail -40 "$log" | cut -c 1-300; echo "All of it: $log" >&2; fi
exit "${status[0]}"
