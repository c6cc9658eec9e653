#!/usr/bin/env bash
# upgrade.sh OLD NEW: in a fresh Debian, packages of the version before are installed, then upgraded under a running server with
# data, then purged. OLD and NEW are folders with chat-tui_*.deb and chat-server_*.deb.
. "$(dirname "$0")/debian.sh"
old=$(realpath "$1") new=$(realpath "$2")
root=$work/upgrade
fresh "$root"
mkdir "$root/packages/old" "$root/packages/new"
cp "$old"/*.deb "$root/packages/old"
cp "$new"/*.deb "$root/packages/new"
inside "$root" useradd --create-home anna

version() { inside "$root" dpkg-query -W -f '${Version}' "$1"; }
mapfile -t packages < <(cd "$root" && printf '/%s\n' packages/old/*.deb)
install_in "$root" "${packages[@]}"
before=$(version chat-tui)

port=$(free_port)
url=ws://127.0.0.1:$port
server=
start() {
    : >"$work/server.out"
    "${enter[@]}" "$root" "${anna[@]}" chat-server --port "$port" --no-unix --store sqlite:/home/anna/chat.sqlite \
        >"$work/server.out" 2>>"$work/server.log" &
    server=$!
    until_true 20 grep -q listening "$work/server.out" || { tail -5 "$work/server.log" >&2; fail "the server does not listen"; }
}
stop() { [ -z "$server" ] || { kill "$server" && wait "$server" || true; server=; }; }
trap stop EXIT
send() { inside "$root" "${anna[@]}" chat-tui send --user anna --to ivan --url "$url" "$1" >/dev/null; }
start
send 'before the upgrade'
mapfile -t packages < <(cd "$root" && printf '/%s\n' packages/new/*.deb)
install_in "$root" "${packages[@]}"
after=$(version chat-tui)
[ "$before" != "$after" ] || fail "both are $after"
kill -0 "$server" 2>/dev/null || fail "the upgrade ended the server"
send 'after the upgrade, to the server of the version before'
stop
start
send 'to the new server'
inside "$root" "${anna[@]}" chat-tui --version
inside "$root" "${anna[@]}" chat-server --version

# A user with nothing on their disk reads all of it from the server.
count=$(inside "$root" "${anna[@]}" timeout 5 chat-tui tail --user ivan --since 0 --json --url "$url" 2>/dev/null | wc -l || true)
[ "$count" = 3 ] || fail "$count of 3 messages after the upgrade"
stop

for package in chat-tui chat-server; do
    inside "$root" dpkg --verify "$package" || fail "dpkg --verify $package"
done
inside "$root" dpkg -L chat-tui chat-server | sort -u >"$work/files"
for page in '-S 1 chat-tui' '-S 5 chat-tui.toml' '-S 8 chat-server'; do
    grep -q "man/man${page:3:1}/${page##* }\." "$work/files" || fail "no page $page"
done
inside "$root" env DEBIAN_FRONTEND=noninteractive apt-get purge -y -qq chat-tui chat-server >"$work/apt.log" 2>&1 ||
    { tail -20 "$work/apt.log" >&2; fail purge; }
left=$(grep -E 'chat-(tui|server)' "$work/files" | while IFS= read -r file; do
    if [ -e "$root$file" ]; then echo "$file"; fi
done)
[ -z "$left" ] || fail "left after the purge: $left"
[ -e "$root/home/anna/chat.sqlite" ] || fail "the purge removed a user's messages"
! inside "$root" dpkg-query -W chat-tui chat-server 2>/dev/null | grep -q . || fail "dpkg still knows them"
rm -rf "$root"
echo "ok: installed $before, upgraded to $after under a running server, 3 of 3 messages there, purged without a trace"
