#!/usr/bin/env bash
# minute.sh PACKAGES: from the .deb, in a fresh Debian, to two terminals that talk: it must take less than a minute. The time
# has all that a user waits for: apt with the packages that it needs, the first start with the local server, and both ways of a
# message.
. "$(dirname "$0")/debian.sh"
packages=$(realpath "$1")
root=$work/minute
fresh "$root"
cp "$packages"/chat-tui_*.deb "$root/packages"
inside "$root" useradd --create-home anna

name=chat-tui-packages-$$
terminals() { tmux -L "$name" -f /dev/null "$@"; }
end() { terminals kill-server 2>/dev/null || true; }
trap end EXIT

# The user's command line in a terminal, which tmux has a shell read.
window() {
    local session=$1
    shift
    terminals new-session -d -s "$session" -x 90 -y 24 "$(printf '%q ' "${enter[@]}" "$root" "${anna[@]}" "$@")"
}
shows() { terminals capture-pane -p -t "$1" | grep -q "$2"; }
expect() {
    until_true 40 shows "$1" "$2" || { terminals capture-pane -p -t "$1" >&2; fail "$1 does not show: $2"; }
}
type_in() { terminals send-keys -t "$1" -l "$2" && terminals send-keys -t "$1" Enter; }

begin=$(date +%s%N)
install_in "$root" "/packages/$(basename "$packages"/chat-tui_*.deb)"
installed=$(date +%s%N)
window buyer chat-tui --user anna --seller ivan --lang en
window seller chat-tui --user ivan --seller anna --lang en
expect buyer '●'
expect seller '●'
type_in buyer 'Is it still for sale?'
expect seller 'Is it still for sale?'
type_in seller 'Yes, come today'
expect buyer 'Yes, come today'
end_time=$(date +%s%N)

seconds() { awk -v n="$(($2 - $1))" 'BEGIN { printf "%.1f", n / 1e9 }'; }
total=$(seconds "$begin" "$end_time")
echo "from the .deb to two terminals talking: $total s, of which apt $(seconds "$begin" "$installed") s"
awk -v total="$total" 'BEGIN { exit !(total < 60) }' || fail "that is not under a minute"
end
# The windows' local server would end by itself a minute later.
for process in /proc/[0-9]*; do
    if [ "$(readlink "$process/root" 2>/dev/null)" = "$root" ]; then kill "${process#/proc/}" 2>/dev/null || true; fi
done
rm -rf "$root"
