#!/usr/bin/env bash
# run.sh PROGRAM FOLDER SECONDS: runs every fuzz target for SECONDS, from its seeds and the corpus of earlier runs.
# Inputs that crash a target are kept in FOLDER/crashes. The exit code is 1 if there was one.
set -uo pipefail
program=$1 folder=$2 seconds=$3
seeds=$(dirname "$0")/Seeds
failed=0
export SWIFT_BACKTRACE=enable=no  # its handler conflicts with the sanitizer's
for target in frames upgrade-request upgrade-answer events text; do
    mkdir -p "$folder/corpus/$target" "$folder/crashes"
    log=$folder/$target.log
    "$program" "$target" -max_total_time="$seconds" -max_len=2048 -timeout=10 -rss_limit_mb=2048 \
        -print_final_stats=1 -artifact_prefix="$folder/crashes/$target-" \
        "$folder/corpus/$target" "$seeds/$target" >"$log" 2>&1
    status=$?
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    if [ $status -eq 0 ] && [ -n "$executions" ]; then
        echo "$target: $executions executions, no crash"
    else
        failed=1
        echo "$target: FAILED"
        grep -aE 'Fatal error|ERROR:|SUMMARY:|Test unit written' "$log" || tail -5 "$log"
    fi
done
exit $failed
