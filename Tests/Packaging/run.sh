#!/usr/bin/env bash
# run.sh PROGRAMS TREE PACKAGES: all tests of the packages. Needs VERSION and SOURCE_DATE_EPOCH. PREVIOUS may name a folder with
# the packages of an earlier version; without it, the upgrade is from the same programs under a lower number. Parts whose
# programs are missing here (lintian, appstreamcli, debootstrap…) say so, and the run fails at its end.
set -euo pipefail
programs=$1 tree=$2 packages=$3
here=$(cd "$(dirname "$0")" && pwd)
packaging=$here/../../Sources/Packaging
work=.build/test-packages
mkdir -p "$work"
missing=
has() { command -v "$1" >/dev/null || { echo "not tested, since $1 is missing: $2"; missing=1; return 1; }; }

"$here/manual.py" "$programs" "$tree"

if has desktop-file-validate 'the desktop entry'; then
    desktop-file-validate "$tree"/share/applications/*.desktop
    echo 'ok: the desktop entry'
fi
if has appstreamcli 'the AppStream metadata'; then
    appstreamcli validate --no-net "$tree"/share/metainfo/*.xml >"$work/appstream.log" || { cat "$work/appstream.log"; exit 1; }
    echo 'ok: the AppStream metadata'
fi
for shell in bash zsh fish; do
    if has "$shell" "its completion"; then
        case $shell in
        bash) files=("$tree"/share/bash-completion/completions/*) ;;
        zsh) files=("$tree"/share/zsh/site-functions/*) ;;
        fish) files=("$tree"/share/fish/vendor_completions.d/*) ;;
        esac
        for file in "${files[@]}"; do "$shell" -n "$file"; done
        echo "ok: $shell reads the completion"
    fi
done

if has lintian 'the form of the packages'; then
    lintian --allow-root --pedantic --fail-on error,warning,info,pedantic "$packages"/*.deb
    echo 'ok: lintian has nothing to say'
fi

# Built again, from the same build.
"$packaging/tree.sh" "$programs" "$work/tree"
"$packaging/Debian/build.sh" "$programs" "$work/tree" "$work/again" >/dev/null
for package in "$packages"/*.deb; do cmp "$package" "$work/again/${package##*/}"; done
echo 'ok: the packages are the same bytes again'
rm -rf "$work/again"

"$here/tarball.sh" "$programs" "$tree" "$work"

if [ -z "${PREVIOUS:-}" ]; then
    PREVIOUS=$work/previous
    rm -rf "$PREVIOUS"
    DEB_VERSION=0.0.1 "$packaging/Debian/build.sh" "$programs" "$work/tree" "$PREVIOUS" >/dev/null
fi
"$here/upgrade.sh" "$PREVIOUS" "$packages"
"$here/minute.sh" "$packages"
[ -z "$missing" ] || { echo 'Some parts were not tested.' >&2; exit 1; }
