# A fresh Debian in a folder, for the tests that source this file. They need root, debootstrap and tmux.
set -euo pipefail
work=$(realpath -m .build/test-packages)
mkdir -p "$work"
if [ "$(id -u)" != 0 ]; then echo "$0 needs root: it unpacks a Debian and enters it" >&2; exit 77; fi
for program in debootstrap tmux unshare; do
    command -v "$program" >/dev/null || { echo "$0 needs $program" >&2; exit 77; }
done

fail() { echo "FAILED: $*" >&2; exit 1; }

# Where this machine has its own packages from.
mirror() {
    local code
    code=$(. /etc/os-release && echo "$VERSION_CODENAME")
    apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(ORIGIN) $(COMPONENT)' 'Created-By: Packages' |
        awk -v code="$code" '$2 == code && $3 == "Debian" && $4 == "main" { print $1; exit }'
}

# fresh ROOT: a Debian as debootstrap leaves it. It is unpacked once, and copied for each test.
fresh() {
    local code
    code=$(. /etc/os-release && echo "$VERSION_CODENAME")
    if [ ! -e "$work/base.done" ]; then
        rm -rf "$work/base"
        debootstrap --variant=minbase "$code" "$work/base" "$(mirror)" >"$work/debootstrap.log" 2>&1 ||
            { tail -5 "$work/debootstrap.log" >&2; fail debootstrap; }
        # Services are not started: nobody would end them.
        printf '#!/bin/sh\nexit 101\n' >"$work/base/usr/sbin/policy-rc.d"
        chmod 755 "$work/base/usr/sbin/policy-rc.d"
        touch "$work/base.done"
    fi
    rm -rf "$1"
    cp -a "$work/base" "$1"
    mkdir -p "$1/packages"
}

# "${enter[@]}" ROOT COMMAND…: as root, with /proc and /dev. The mounts end with the command. It becomes the command, so that its
# process id is the command's.
enter=(unshare --mount --propagation private bash -c '
    root=$1; shift
    mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev" && exec chroot "$root" "$@"' bash)
# "${enter[@]}" ROOT "${anna[@]}" COMMAND…: as a user with a home of their own, and nothing of this machine's environment.
anna=(setpriv --reuid=anna --regid=anna --clear-groups env -i HOME=/home/anna USER=anna PATH=/usr/bin:/bin LANG=C.UTF-8
    TERM=tmux-256color)

inside() { "${enter[@]}" "$@"; }

install_in() {
    local root=$1
    shift
    inside "$root" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >"$work/apt.log" 2>&1 ||
        { tail -20 "$work/apt.log" >&2; fail "apt-get install $*"; }
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# until_true SECONDS COMMAND…: tries it again until it succeeds.
until_true() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        if [ "$SECONDS" -ge "$end" ]; then return 1; fi
        sleep 0.1
    done
}
