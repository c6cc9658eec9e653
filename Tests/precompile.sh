#!/usr/bin/env bash
# precompile.sh FOLDER: reads the C++ library's headers once, and prints the flags with which clang takes them from FOLDER. The
# hundreds of files of BoringSSL spend half of their time on these headers. Prints nothing where that is not possible.
# What was made stays as long as clang accepts it, because whatever is built with a new one is built anew.
set -uo pipefail
clang="$(dirname "$(realpath "$(command -v "${SWIFT:-swift}")")")/clang"
mkdir -p "$1" && headers="$(realpath "$1")/headers.pch" || exit 0

accepted() { "$clang" -include-pch "$headers" "${flags[@]}" -x c++ -fsyntax-only /dev/null 2>/dev/null; }

# As SwiftPM compiles C++ for debugging.
flags=(-target "$(uname -m)-unknown-linux-gnu" -std=c++17 -O0 -g0 -fPIC -fblocks -fno-omit-frame-pointer -DSWIFT_PACKAGE=1 -DDEBUG=1)
accepted || "$clang" "${flags[@]}" -x c++-header -o "$headers" - 2>/dev/null <<'END'
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>
END
accepted && echo -Xcxx -include-pch -Xcxx "$headers"
exit 0
