#!/usr/bin/env python3
"""What is linked into the programs: packages, the toolchain's libraries, and the licence of each.

    linked.py sbom    PROGRAMS SOURCES VERSION DATE   an SPDX 2.3 document as JSON
    linked.py notices PROGRAMS SOURCES                the licences and notices of all of it
    linked.py copyright PROGRAMS SOURCES              the file `copyright` of a Debian package

PROGRAMS is the folder of the build. Its manifest says from which package each linked object comes, and Package.resolved
says which version that is, so nothing is listed that is not in the programs.
"""

import glob
import hashlib
import json
import os
import re
import subprocess
import sys

NAMES = ["chat-tui", "chat-server"]

# The toolchain's static libraries: a symbol that says that it is there, and its licence.
TOOLCHAIN = [
    ("swift", "The Swift standard library and runtime", rb"\$sSS", "Apache-2.0 WITH Swift-exception"),
    ("swift-corelibs-libdispatch", "Dispatch", rb"dispatch_async", "Apache-2.0 WITH Swift-exception"),
    ("swift-foundation", "Foundation", rb"\$s20FoundationEssentials", "Apache-2.0 WITH Swift-exception"),
    ("swift-corelibs-foundation", "Foundation", rb"\$s10Foundation", "Apache-2.0 WITH Swift-exception"),
    ("swift-foundation-icu", "ICU and its data", rb"icudt|u_charType", "Unicode-3.0"),
]


class Component:
    def __init__(self, name, version, location, licence, text="", notice="", commit=None):
        self.name, self.version, self.location, self.licence = name, version, location, licence
        self.text, self.notice, self.commit = text, notice, commit
        self.programs = set()

    @property
    def copyright(self):
        """The lines that say whose it is. Apache's appendix has a sample of one."""
        found = re.findall(r"(?m)^ *(?:# *)?(Copyright (?:\([cC]\) )?(?:©? ?)\d{4}.*?)\s*$", self.notice + "\n" + self.text)
        return list(dict.fromkeys(line.strip() for line in found)) or [f"The {self.name} project authors"]


def licence_of(text):
    if "Apache License" in text:
        return "Apache-2.0 WITH Swift-exception" if "Runtime Library Exception" in text else "Apache-2.0"
    if "Permission is hereby granted, free of charge" in " ".join(text.split()):
        return "MIT"
    return "NOASSERTION"


def read(*patterns):
    for path in sorted(path for pattern in patterns for path in glob.glob(pattern)):
        with open(path, encoding="utf-8") as file:
            return file.read()
    return ""


def linked_packages(programs, sources):
    """For each package of which objects are in a program, the programs."""
    build = os.path.dirname(os.path.realpath(programs.rstrip("/")))  # the folder of the triple
    root = os.path.dirname(build)
    objects = {}
    for name in NAMES:
        with open(os.path.join(programs, f"{name}.product", "Objects.LinkFileList"), encoding="utf-8") as file:
            objects[name] = {line.strip() for line in file if line.strip()}
    kind = os.path.basename(programs.rstrip("/"))
    packages, inputs = {}, []
    with open(os.path.join(root, f"{kind}.yaml"), encoding="utf-8") as file:
        for line in file:
            if match := re.match(r" *inputs: (\[.*\])$", line):
                inputs = json.loads(match[1])
            elif match := re.match(r" *outputs: (\[.*\])$", line):
                outputs = set(json.loads(match[1]))
                found = {name for name in NAMES if not outputs.isdisjoint(objects[name])}
                for path in inputs if found else []:
                    if package := re.search(r"/checkouts/([^/]+)/", path):
                        packages.setdefault(package[1], set()).update(found)
    return packages, os.path.join(root, "checkouts"), os.path.join(sources, "..", "Package.resolved")


def components(programs, sources):
    packages, checkouts, resolved = linked_packages(programs, sources)
    with open(resolved, encoding="utf-8") as file:
        pins = {os.path.basename(pin["location"]).removesuffix(".git"): pin for pin in json.load(file)["pins"]}
    found = []
    for name in sorted(packages, key=str.lower):
        pin, folder = pins[name], os.path.join(checkouts, name)
        text = read(folder + "/LICENSE*")
        found.append(Component(
            name, pin["state"].get("version") or pin["state"]["revision"], pin["location"], licence_of(text), text,
            read(folder + "/NOTICE*"), pin["state"]["revision"]))
        found[-1].programs = packages[name]
    swift = subprocess.run(["swift", "--version"], capture_output=True, text=True, check=True).stdout
    version = re.search(r"Swift version (\S+)", swift)[1]
    names = {name: symbols(os.path.join(programs, name)) for name in NAMES}
    driver = subprocess.run(["sh", "-c", "command -v swift"], capture_output=True, text=True, check=True).stdout.strip()
    text = read(os.path.join(os.path.dirname(os.path.realpath(driver)), "../share/swift/LICENSE.txt"))
    for name, _, symbol, licence in TOOLCHAIN:
        if having := {program for program in NAMES if re.search(symbol, names[program])}:
            found.append(Component(
                name, version, f"https://github.com/swiftlang/{name}", licence, "" if name.endswith("icu") else text))
            found[-1].programs = having
    return found


def symbols(path):
    return subprocess.run(["nm", path], capture_output=True, check=True).stdout


# MARK: SPDX

def reference(component):
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", component.name)


def sbom(programs, sources, version, date):
    parts = components(programs, sources)
    files = []
    for name in NAMES:
        with open(os.path.join(programs, name), "rb") as file:
            files.append((name, hashlib.sha256(file.read()).hexdigest()))
    identity = hashlib.sha256(json.dumps([version, files, [(p.name, p.version) for p in parts]]).encode()).hexdigest()
    packages, relations = [], []
    for name, _ in files:
        packages.append({
            "SPDXID": "SPDXRef-" + name, "name": name, "versionInfo": version, "downloadLocation": "NOASSERTION",
            "filesAnalyzed": False, "licenseConcluded": "MIT", "licenseDeclared": "MIT",
            "copyrightText": "Copyright (c) 2026 The chat-tui authors", "primaryPackagePurpose": "APPLICATION",
        })
        relations.append(("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-" + name))
    for part in parts:
        package = {
            "SPDXID": reference(part), "name": part.name, "versionInfo": part.version,
            "downloadLocation": f"git+{part.location}@{part.commit}" if part.commit else part.location,
            "filesAnalyzed": False, "licenseConcluded": part.licence, "licenseDeclared": part.licence,
            "copyrightText": "\n".join(part.copyright), "primaryPackagePurpose": "LIBRARY",
        }
        if part.commit:
            path = re.sub(r"^https://|\.git$", "", part.location)
            package["externalRefs"] = [{
                "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                "referenceLocator": f"pkg:swift/{path}@{part.version}",
            }]
        packages.append(package)
        relations += [(f"SPDXRef-{name}", "STATIC_LINK", reference(part)) for name in NAMES if name in part.programs]
    return json.dumps({
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"chat-tui-{version}",
        "documentNamespace": f"https://spdx.org/spdxdocs/chat-tui-{version}-{identity[:32]}",
        "creationInfo": {"created": date, "creators": ["Tool: chat-tui-linked.py"]},
        "packages": packages,
        "relationships": [
            {"spdxElementId": a, "relationshipType": kind, "relatedSpdxElement": b} for a, kind, b in relations
        ],
    }, indent=1, ensure_ascii=False) + "\n"


# MARK: Licences

def notices(programs, sources):
    """Each licence's text once, below the names of what is under it."""
    by_text = {}
    for part in components(programs, sources):
        for text in (part.text, part.notice):
            if text:
                by_text.setdefault(text.strip("\n"), []).append(part)
    output = ["Linked into chat-tui and chat-server:\n"]
    for text, parts in by_text.items():
        names = "\n".join(f"{part.name} {part.version}  {part.location}" for part in parts)
        output.append(f"{'=' * 78}\n{names}\n{'-' * 78}\n\n{text}\n")
    return "\n".join(output)


def copyright_file(programs, sources):
    own = read(os.path.join(sources, "..", "LICENSE"))
    mit = own[own.index("Permission is hereby"):]
    output = [
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/", "Upstream-Name: chat-tui",
        "Source: built from the repository of chat-tui",
        "Comment: Other projects' code is linked in. Their stanzas are named after them, below \"linked\".", "",
        "Files: *", "Copyright: 2026 The chat-tui authors", "License: MIT", "",
    ]
    licences = {"MIT"}
    for part in components(programs, sources):
        licence = part.licence.replace(" WITH Swift-exception", " with Swift exception").replace("Unicode-3.0", "Unicode-3")
        licences.add(licence)
        lines = [re.sub(r"^Copyright (\([cC]\) )?", "", each) for each in part.copyright]
        output += [f"Files: linked/{part.name}/*", "Copyright: " + "\n           ".join(lines), f"License: {licence}", ""]
    texts = {
        "MIT": mit,
        "Apache-2.0": "On Debian systems, the text is in /usr/share/common-licenses/Apache-2.0.",
        "Apache-2.0 with Swift exception": "On Debian systems, the text is in /usr/share/common-licenses/Apache-2.0.\n\n"
            "As an exception, if you use this Software to compile your source code and portions of this Software are "
            "embedded into the binary product as a result, you may redistribute such product without providing "
            "attribution as would otherwise be required by Sections 4(a), 4(b) and 4(d) of the License.",
        "Unicode-3": "The Unicode License v3, https://www.unicode.org/license.txt. Permission is granted, free of charge, to "
            "deal in the data files or software without restriction, provided that either this copyright and permission "
            "notice appear with all copies, or in associated documentation.",
    }
    for licence in sorted(licences):
        body = "\n".join(" " + (line or ".") for line in texts[licence].strip().split("\n"))
        output += [f"License: {licence}", body, ""]
    return "\n".join(output)


if __name__ == "__main__":
    what, arguments = sys.argv[1], sys.argv[2:]
    sys.stdout.write({"sbom": sbom, "notices": notices, "copyright": copyright_file}[what](*arguments))
