#!/usr/bin/env bash
# build.sh PROGRAMS TREE OUTPUT: chat-tui_*.deb and chat-server_*.deb from the files of tree.sh, with Debian's own tools. The
# same tree gives the same bytes. Needs VERSION and SOURCE_DATE_EPOCH; DEB_VERSION is another version for the packages.
set -euo pipefail
umask 022
programs=$(realpath "$1") tree=$(realpath "$2")
mkdir -p "$3"
output=$(realpath "$3")
here=$(cd "$(dirname "$0")" && pwd)
# There is no address to write to. Whoever publishes the packages names theirs.
maintainer=${DEB_MAINTAINER:-chat-tui authors <chat-tui@packages.invalid>}
version=${DEB_VERSION:-$VERSION}
# dpkg-shlibdeps and dpkg-gencontrol read debian/control.
work=$output/work
rm -rf "$work"
mkdir -p "$work/debian"
sed "s|@MAINTAINER@|$maintainer|" "$here/control" >"$work/debian/control"
python3 -B "$here/changelog.py" "$here/../CHANGELOG.md" "$maintainer" >"$work/debian/changelog"
python3 -B "$here/../linked.py" copyright "$programs" "$here/../.." >"$work/debian/copyright"
cd "$work"

# What of the tree belongs to a package, and where: Debian has a folder of its own for zsh.
place() {
    local package=$1 root=$2 page
    install -D -m 755 -t "$root/usr/bin" "$tree/bin/$package"
    install -D -m 644 -t "$root/usr/share/bash-completion/completions" "$tree/share/bash-completion/completions/$package"
    install -D -m 644 -t "$root/usr/share/zsh/vendor-completions" "$tree/share/zsh/site-functions/_$package"
    install -D -m 644 -t "$root/usr/share/fish/vendor_completions.d" "$tree/share/fish/vendor_completions.d/$package.fish"
    (cd "$tree/share" && find man -type f -name "$package.*") | while IFS= read -r page; do
        install -D -m 644 "$tree/share/$page" "$root/usr/share/$page"
        gzip -9n "$root/usr/share/$page"
    done
    if [ "$package" = chat-tui ]; then
        for folder in applications icons metainfo; do cp -r "$tree/share/$folder" "$root/usr/share"; done
    fi
    local doc=$root/usr/share/doc/$package
    install -D -m 644 -t "$doc" debian/copyright
    gzip -9nc debian/changelog >"$doc/changelog.gz"
    gzip -9nc "$tree/share/doc/chat-tui/NOTICES" >"$doc/NOTICES.gz"
}

for package in chat-tui chat-server; do
    root=$work/$package
    place "$package" "$root"
    mkdir "$root/DEBIAN"
    for script in preinst postinst prerm postrm; do
        if [ -e "$here/$package.$script" ]; then install -m 755 "$here/$package.$script" "$root/DEBIAN/$script"; fi
    done
    if [ -d "$root/etc" ]; then (cd "$root" && find etc -type f -printf '/%p\n' | LC_ALL=C sort >DEBIAN/conffiles); fi
    dpkg-shlibdeps -Tdebian/substvars "$root/usr/bin/$package"
    dpkg-gencontrol -p"$package" -v"$version" -Tdebian/substvars -P"$root" -fdebian/files
    (cd "$root" && find . -type f ! -path './DEBIAN/*' -printf '%P\n' | LC_ALL=C sort | xargs -d '\n' md5sum >DEBIAN/md5sums)
    chmod 644 "$root"/DEBIAN/{control,md5sums}
    dpkg-deb --root-owner-group -Zxz "-z${XZ_LEVEL:-6}" --threads-max=1 --build "$root" "$output" >/dev/null
    echo "$output/${package}_${version}_$(dpkg --print-architecture).deb"
done
cd "$output"
rm -rf "$work"
