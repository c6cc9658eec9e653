#!/usr/bin/env bash
# tarball.sh PROGRAMS TREE OUTPUT: an archive with both programs for distributions other than Debian, with install.sh,
# checksums and an SBOM of what is linked in. The same commit and the same build give the same bytes. Needs VERSION and
# SOURCE_DATE_EPOCH.
set -euo pipefail
umask 022
programs=$1 tree=$2 output=$3
packaging=$(cd "$(dirname "$0")" && pwd)
name=chat-tui-$VERSION-linux-$(uname -m)
mkdir -p "$output"
folder=$output/$name
rm -rf "$folder"
cp -r "$tree" "$folder"
date=$(date -u -d "@$SOURCE_DATE_EPOCH" +%FT%TZ)
python3 -B "$packaging/linked.py" sbom "$programs" "$packaging/.." "$VERSION" "$date" >"$folder/sbom.spdx.json"
(cd "$folder" && find . -type f ! -name SHA256SUMS -printf '%P\n' | LC_ALL=C sort | xargs -d '\n' sha256sum >SHA256SUMS)
tar --create --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" --format=ustar \
    -C "$output" "$name" | xz -T1 "-${XZ_LEVEL:-6}" >"$output/$name.tar.xz"
rm -rf "$folder"
(cd "$output" && sha256sum "$name.tar.xz" >"$name.tar.xz.sha256")
echo "$output/$name.tar.xz"
