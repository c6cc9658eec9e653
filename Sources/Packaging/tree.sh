#!/usr/bin/env bash
# tree.sh PROGRAMS TREE: all that is installed, laid out below TREE as below a prefix: stripped programs, manual pages,
# completion for shells, the desktop entry. PROGRAMS is the folder of the build. The packages, the archive and `make install`
# take their files from here. Needs VERSION and SOURCE_DATE_EPOCH.
set -euo pipefail
umask 022
programs=$1 tree=$2
packaging=$(cd "$(dirname "$0")" && pwd)
date=$(date -u -d "@$SOURCE_DATE_EPOCH" +%F)

rm -rf "$tree"
mkdir -p "$tree"/bin "$tree"/share/{applications,metainfo,icons/hicolor/scalable/apps} \
    "$tree"/share/{bash-completion/completions,zsh/site-functions,fish/vendor_completions.d} "$tree"/share/doc/chat-tui
for program in chat-tui chat-server; do
    strip --remove-section=.comment --remove-section=.note -o "$tree/bin/$program" "$programs/$program"
    chmod 755 "$tree/bin/$program"
    # As on any machine: nothing of who builds is read.
    script() { env -i PATH="$PATH" HOME=/nonexistent LC_ALL=C.UTF-8 "$programs/$program" --generate-completion-script "$1"; }
    # It is read by a shell, not run.
    script bash | sed '1{/^#!/d}' >"$tree/share/bash-completion/completions/$program"
    script zsh >"$tree/share/zsh/site-functions/_$program"
    script fish >"$tree/share/fish/vendor_completions.d/$program.fish"
done

python3 -B "$packaging/Manual/manual.py" "$programs" "$packaging/.." "$tree/share/man" "$VERSION" "$date"

cp "$packaging/Desktop/chat-tui.desktop" "$tree/share/applications"
cp "$packaging/Desktop/chat-tui.svg" "$tree/share/icons/hicolor/scalable/apps"
python3 -B "$packaging/Desktop/metainfo.py" "$packaging/CHANGELOG.md" \
    >"$tree/share/metainfo/io.github.chat_tui.chat_tui.metainfo.xml"

install -m 755 "$packaging/install.sh" "$tree"
cp "$packaging/CHANGELOG.md" "$packaging/../../LICENSE" "$tree/share/doc/chat-tui"
python3 -B "$packaging/linked.py" notices "$programs" "$packaging/.." >"$tree/share/doc/chat-tui/NOTICES"
