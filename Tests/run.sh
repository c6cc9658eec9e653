#!/usr/bin/env bash
# run.sh NAME OPTION…: `swift test` with these options, quiet if it passes.
# It prints a line for each finished suite. Failures are printed at once, and again at the end. The whole output is in
# .build/tests-NAME.log.
set -uo pipefail
log=".build/tests-$1.log"
shift
"${SWIFT:-swift}" test --skip-build --disable-xctest "$@" 2>&1 | tee "$log" | awk '
    # An issue continues in the following lines, until the next event of a test.
    /^(◇|✔|➜)/ { failing = 0 }
    /^✘/ { failing = !/^✘ Test run/ }
    /^(✔|✘) Test run / { closing = $0; next }
    failing { if (kept < 400) again[kept++] = $0; print; fflush(); next }
    /^✔ Suite / { print; fflush(); next }
    !/^(◇|✔|↳|➜)/ && !/^\[[0-9]+\/[0-9]+\]/ && !/^Building|^Build complete/ { other[others++ % 40] = $0 }
    END {
        if (kept) { print "\nWhat failed:"; for (i = 0; i < kept; i++) print again[i] }
        # Without a closing line the process ended in the middle. Its last output may say why.
        if (closing == "") for (i = (others > 40 ? others - 40 : 0); i < others; i++) print other[i % 40]
        else print closing
    }'
status=("${PIPESTATUS[@]}")
if [ "${status[0]}" != 0 ]; then echo "All of it: $log" >&2; fi
exit "${status[0]}"
