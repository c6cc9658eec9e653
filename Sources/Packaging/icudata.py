#!/usr/bin/env python3
"""icudata.py OBJECT: an object with the part of ICU's data that the programs can need, to be linked before the toolchain's.

Foundation brings 34 MB of data for all languages, converters of old encodings and dictionaries, and a linker cannot take a
part of it. The programs format nothing by locales: the screen has its own texts, dates and widths, and GRDB asks for
en_US_POSIX only. What is kept is whatever belongs to no language, and the root, English and Russian. ICU falls back to the
root for any other language, as it does for one that it does not know. Left out are also converters of encodings with
several bytes for a character, dictionaries, transliteration, and the names of characters.

The format is ICU's common data (https://unicode-org.github.io/icu/userguide/icu_data): a header, then a table of names and
offsets in the order of the names. Without the toolchain's static library nothing is written, and the programs are linked
with all of it.
"""

import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

LANGUAGES = re.compile(r"(root|pool|res_index|(en|ru)(_[A-Za-z0-9_]+)?)\.res")
SYMBOL = "icudt76_dat"


def is_language(name):
    return re.fullmatch(r"[a-z]{2,3}(_[A-Za-z0-9_]+)?\.res", name) is not None


def is_kept(path, content):
    folder, _, name = path.partition("/")[2].rpartition("/")
    # Large converters are those of encodings with several bytes for a character. UTF-8 and UTF-16 need no data.
    if name.endswith(".cnv"):
        return len(content) < 4096
    if name.endswith((".dict", ".cfu")) or name == "unames.icu" or folder == "translit":
        return False
    if name.endswith(".res") and (is_language(name) or name in ("root.res", "pool.res", "res_index.res")):
        return LANGUAGES.fullmatch(name) is not None
    return True


def items(data):
    """The header, and the entries by their names."""
    size, = struct.unpack_from("<H", data)
    count, = struct.unpack_from("<I", data, size)
    entries = [struct.unpack_from("<II", data, size + 4 + 8 * index) for index in range(count)]
    starts = sorted(start for _, start in entries) + [len(data) - size]
    following = dict(zip(starts, starts[1:]))
    named = {}
    for name, start in entries:
        text = data[size + name:data.index(b"\0", size + name)].decode()
        named[text] = data[size + start:size + following[start]]
    return data[:size], named


def packed(header, named):
    names = sorted(named)
    table, texts = b"", b""
    begin = 4 + 8 * len(names)
    length = begin + sum(len(name) + 1 for name in names)
    content = b"\xaa" * (-length % 16)
    for name in names:
        table += struct.pack("<II", begin + len(texts), length + len(content))
        texts += name.encode() + b"\0"
        content += named[name] + b"\xaa" * (-len(named[name]) % 16)
    return header + struct.pack("<I", len(names)) + table + texts + content


def main():
    output = os.path.abspath(sys.argv[1])
    swift = os.path.realpath(shutil.which(os.environ.get("SWIFT", "swift")) or "swift")
    library = os.path.join(os.path.dirname(swift), "../lib/swift_static/linux/lib_FoundationICU.a")
    if not os.path.exists(library):
        return
    with tempfile.TemporaryDirectory() as folder:
        run = lambda *command: subprocess.run(command, cwd=folder, check=True, stderr=subprocess.DEVNULL)
        try:
            run("ar", "x", library, "icu_packaged_data.cpp.o")
            run("objcopy", "-O", "binary", "-j", ".rodata", "icu_packaged_data.cpp.o", "all")
            symbols = subprocess.run(
                ["nm", "icu_packaged_data.cpp.o"], cwd=folder, check=True, capture_output=True, text=True).stdout
        except (OSError, subprocess.CalledProcessError):
            return
        with open(os.path.join(folder, "all"), "rb") as file:
            data = file.read()
        # Another version of ICU has another symbol, and perhaps another format.
        if symbols.split() != ["0" * 16, "R", SYMBOL] or data[12:16] != b"CmnD":
            return
        header, named = items(data)
        kept = {name: content for name, content in named.items() if is_kept(name, content)}
        with open(os.path.join(folder, "kept"), "wb") as file:
            file.write(packed(header, kept))
        with open(os.path.join(folder, "data.s"), "w", encoding="utf-8") as file:
            file.write(f'.section .rodata,"a",@progbits\n.balign 16\n.global {SYMBOL}\n.type {SYMBOL}, @object\n{SYMBOL}:\n'
                       f'.incbin "kept"\n.size {SYMBOL}, . - {SYMBOL}\n.section .note.GNU-stack,"",@progbits\n')
        run("clang", "-c", "data.s", "-o", output)


if __name__ == "__main__":
    main()
