#!/usr/bin/env bash
# tarball.sh PROGRAMS TREE WORK: the archive is the same bytes when it is made again, refuses to install what was damaged, and
# installs programs that run; its SBOM names what Package.resolved names, and nothing else.
set -euo pipefail
programs=$1 tree=$2 work=$3
packaging=$(cd "$(dirname "$0")/../../Sources/Packaging" && pwd)
fail() { echo "FAILED: $*" >&2; exit 1; }
rm -rf "$work/first" "$work/second" "$work/unpacked" "$work/prefix"
archive=$("$packaging/tarball.sh" "$programs" "$tree" "$work/first")
again=$("$packaging/tarball.sh" "$programs" "$tree" "$work/second")
cmp "$archive" "$again"
(cd "$work/first" && sha256sum --quiet --check ./*.sha256)

mkdir "$work/unpacked"
tar -C "$work/unpacked" -xf "$archive"
folder=$(echo "$work"/unpacked/*)
prefix=$(realpath -m "$work/prefix")
"$folder/install.sh" --prefix "$prefix"
for program in chat-tui chat-server; do
    "$prefix/bin/$program" --version | grep -q "^$program $VERSION, protocols " || fail "$program --version"
done
man -l "$prefix/share/man/man1/chat-tui.1" >/dev/null
"$folder/install.sh" --prefix relative 2>/dev/null && fail 'a relative prefix is accepted'
printf x >>"$folder/bin/chat-tui"
rm -rf "$prefix"
"$folder/install.sh" --prefix "$prefix" >/dev/null 2>&1 && fail 'a damaged program is installed'
[ ! -e "$prefix" ] || fail 'something of a damaged archive is installed'

python3 - "$folder/sbom.spdx.json" "$packaging/../../Package.resolved" <<'END'
import json, os, sys
document, resolved = (json.load(open(path)) for path in sys.argv[1:])
pins = {os.path.basename(pin["location"]).removesuffix(".git"): pin["state"] for pin in resolved["pins"]}
packages = {each["name"]: each for each in document["packages"]}
linked = [each for each in packages.values() if "externalRefs" in each]
assert document["spdxVersion"] == "SPDX-2.3" and len(linked) > 8, len(linked)
for each in linked:
    assert each["versionInfo"] in (pins[each["name"]].get("version"), pins[each["name"]]["revision"]), each
    assert each["licenseDeclared"] != "NOASSERTION", each
for name in ("GRDB.swift", "swift-nio", "swift-argument-parser", "swift"):
    assert name in packages, name
ids = {each["SPDXID"] for each in document["packages"]} | {"SPDXRef-DOCUMENT"}
for relation in document["relationships"]:
    assert relation["spdxElementId"] in ids and relation["relatedSpdxElement"] in ids, relation
print(f"ok: the archive, and its SBOM with {len(linked)} packages and {len(packages) - len(linked) - 2} libraries of the toolchain")
END
rm -rf "$work/first" "$work/second" "$work/unpacked"
