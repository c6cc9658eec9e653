#!/usr/bin/env bash
# run.sh NAME OPTION…: the built tests with these options of `swift test`, quiet if they pass. They run without SwiftPM, because
# it does not let two parts run at the same time.
# It shows how many tests have passed: in a line that changes on a terminal, otherwise in a line for each fifty. Failures are
# printed at once, and again at the end. The closing line goes to .build/tests-NAME.summary, the whole output in
# .build/tests-NAME.log.
# Many tests have time limits, and the machine may be busy with others' work. So up to ten tests that failed run again,
# alone; a fault that is there fails again, and the summary names what passed only then.
set -uo pipefail
name=$1 summary=".build/tests-$1.summary"
shift
if [ -t 1 ]; then terminal=1; else terminal=0; fi

# run LOG RESULTS OPTION…
run() {
    local log=$1 results=$2
    shift 2
    rm -f "$results"
    NO_COLOR=1 "${BUILD:-.build/debug}/chat-tuiPackageTests.xctest" --testing-library swift-testing \
        --xunit-output "$results" "$@" 2>&1 | tee "$log" |
        awk -v name="$name" -v terminal="$terminal" -v summary="$summary" '
        function progress() {
            if (terminal) printf "\r%s: %d tests passed\033[K", name, passed
            else if (passed % 50 == 0) printf "%s: %d tests passed\n", name, passed
            fflush()
        }
        function say(line) { if (terminal) printf "\r\033[K"; print line; fflush() }
        # An issue continues in the following lines, until the next event of a test.
        /^(◇|✔|➜)/ { failing = 0 }
        /^✘/ { failing = !/^✘ Test run/ }
        /^(✔|✘) Test run / { closing = $0; next }
        failing { if (kept < 400) again[kept++] = $0; say($0); next }
        /^✔ Test / { passed++; progress(); next }
        !/^(◇|✔|↳|➜)/ { other[others++ % 40] = $0 }
        END {
            if (kept) { say("\nWhat failed:"); for (i = 0; i < kept; i++) print again[i] }
            # Without a closing line the process ended in the middle. Its last output may say why.
            if (closing == "") for (i = (others > 40 ? others - 40 : 0); i < others; i++) say(other[i % 40])
            else if (closing ~ /^✘/) say(closing)
            else { say(name ": " closing); print closing > summary }
        }'
    local status=("${PIPESTATUS[@]}")
    if [ "${status[0]}" != 0 ]; then echo "All of it: $log" >&2; fi
    return "${status[0]}"
}

# The failed tests of the results, as one pattern for --filter; nothing if there are more than ten.
failed() {
    awk '
        match($0, /<testcase classname="[^"]*" name="[^"]*"/) {
            test = substr($0, RSTART + 21, RLENGTH - 22)
            sub(/" name="/, ".", test)
            gsub(/[^A-Za-z0-9_]/, ".", test)
        }
        /<failure/ && !seen[test]++ { pattern = pattern (count++ ? "|" : "") test }
        END { if (count <= 10) print pattern }' "$1"
}

run ".build/tests-$name.log" ".build/tests-$name.xml" "$@" && exit
failed=$(failed ".build/tests-$name.xml" 2>/dev/null)
if [ -z "$failed" ]; then exit 1; fi
echo "$name: what failed runs again, alone"
run ".build/tests-$name-again.log" ".build/tests-$name-again.xml" --no-parallel --filter "$failed" || exit
echo "$name: passed only when it ran again, alone: $failed" | tee -a "$summary"
