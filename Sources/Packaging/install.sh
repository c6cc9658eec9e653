#!/usr/bin/env bash
# install.sh [--prefix FOLDER]: installs chat-tui and chat-server with their manual pages and completion, below /usr/local by
# default. DESTDIR in the environment comes before the prefix, for packagers.
set -euo pipefail
umask 022
here=$(cd "$(dirname "$0")" && pwd)
prefix=/usr/local
usage() { echo "usage: ${0##*/} [--prefix FOLDER]    (default: /usr/local)"; }
while [ $# -gt 0 ]; do
    case $1 in
    --prefix) prefix=${2:?--prefix needs a folder}; shift 2 ;;
    --prefix=*) prefix=${1#*=}; shift ;;
    --help) usage; exit ;;
    *) usage >&2; exit 64 ;;
    esac
done
case $prefix in
/*) ;;
*) echo "${0##*/}: --prefix: give the full path, starting at /" >&2; exit 64 ;;
esac

# What was damaged on its way is not installed.
if [ -e "$here/SHA256SUMS" ]; then (cd "$here" && sha256sum --quiet --strict --check SHA256SUMS); fi

cd "$here"
for folder in bin lib share; do
    [ -d "$folder" ] || continue
    find "$folder" -type f | while IFS= read -r file; do
        mode=644
        if [ "$folder" = bin ]; then mode=755; fi
        install -D -m "$mode" "$file" "${DESTDIR:-}$prefix/$file"
        # The packages' units name /usr/bin.
        case $file in
        *.service) sed -i "s|/usr/bin/|$prefix/bin/|g" "${DESTDIR:-}$prefix/$file" ;;
        esac
    done
done
