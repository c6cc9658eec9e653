#!/usr/bin/env python3
"""manual.py PROGRAMS TREE: the manual pages in TREE have every flag of `--help`, every command, setting, key and exit code,
and no checker of manual pages complains. It reads what the programs print for people, not what the pages are made from."""

import os
import re
import shutil
import subprocess
import sys
import tempfile

problems = []


def check(holds, problem):
    if not holds:
        problems.append(problem)


def output(program, *arguments, language="en"):
    environment = {"CHAT_TUI_LANG": language, "HOME": "/nonexistent", "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    return subprocess.run([program, *arguments], env=environment, capture_output=True, check=True).stdout.decode()


def rendered(path):
    """The page as a reader sees it, in lines that are not broken."""
    text = subprocess.run(
        ["groff", "-K", "utf8", "-T", "utf8", "-rLL=2000n", "-man", path], env={**os.environ, "GROFF_NO_SGR": "1"},
        capture_output=True, check=True).stdout.decode()
    return re.sub(".\b", "", text)


def help_of(program, path, language):
    """The help of a command and of all below it, as (command, text)."""
    text = output(program, *path, "--help", language=language)
    yield path, text
    commands = re.split(r"(?m)^(?:SUBCOMMANDS|КОМАНДЫ):\n", text)
    if len(commands) > 1:
        for name in re.findall(r"(?m)^  ([a-z]+)\b", commands[1]):
            if name != "help":
                yield from help_of(program, path + [name], language)


def check_program(programs, page, name, language):
    program, text = os.path.join(programs, name), rendered(page)
    options = {each for line in re.findall(r"(?m)^ {7}(-.*)$", text) for each in re.findall(r"--?[a-z][a-z-]*", line)}
    count = 0
    for path, said in help_of(program, [], language):
        check(not path or " ".join([name] + path) in text, f"{page}: no command {path}")
        for flag in re.findall(r"(?m)^  (?:-h, )?(--[a-z][a-z-]*)", said):
            count += 1
            check(flag in options, f"{page}: no {flag} of {' '.join([name] + path)}")
        for sentence in re.findall(r"(?m)^  --\S+(?: <[^>]*>)? {2,}(\S.*)$", said):
            check(" ".join(sentence.split()[:4]) in text.replace("‐", "-"), f"{page}: not as in --help: {sentence}")
    check(count > 30, f"{page}: only {count} flags in the help")
    return count


def check_settings(programs, page, language):
    text = rendered(page)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "config.toml")
        output(os.path.join(programs, "chat-tui"), "config", "--init", "--config", path, language=language)
        with open(path, encoding="utf-8") as file:
            content = file.read()
    settings = re.findall(r"(?m)^#?([a-z][a-z0-9-]*) = ", content)
    check(len(settings) > 60, f"{page}: only {len(settings)} settings in the file")
    for setting in settings:
        check(re.search(rf"(?m)^ +{setting} = ", text), f"{page}: no setting {setting}")
    for table in re.findall(r"(?m)^\[(\w+)\]", content):
        check(f"[{table}]" in text, f"{page}: no table [{table}]")
    return len(settings)


def check_article(page, article, heading):
    """The first column of the table below a heading."""
    text = rendered(page)
    with open(article, encoding="utf-8") as file:
        section = file.read().split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = re.findall(r"(?m)^\| (\d[\dn+]*) \|", section)
    check(len(rows) > 5, f"{article}: only {len(rows)} exit codes")
    for code in rows:
        check(re.search(rf"(?m)^ +{re.escape(code)}\b", text), f"{page}: no exit code {code}")


def check_form(page):
    if shutil.which("mandoc"):
        lint = subprocess.run(["mandoc", "-Tlint", "-Wwarning", page], capture_output=True, text=True).stdout
        check(not lint, lint)
    warnings = subprocess.run(
        ["groff", "-ww", "-K", "utf8", "-T", "utf8", "-man", "-z", page], capture_output=True, text=True).stderr
    check(not warnings, warnings)


def main():
    programs, tree = sys.argv[1:3]
    sources = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../Sources")
    man = os.path.join(tree, "share/man")
    pages = [os.path.join(folder, name) for folder, _, names in os.walk(man) for name in names]
    check(len(pages) == 5, f"{len(pages)} pages: {pages}")
    for page in pages:
        check_form(page)
    flags = check_program(programs, f"{man}/man1/chat-tui.1", "chat-tui", "en")
    flags += check_program(programs, f"{man}/ru/man1/chat-tui.1", "chat-tui", "ru")
    flags += check_program(programs, f"{man}/man8/chat-server.8", "chat-server", "en")
    settings = check_settings(programs, f"{man}/man5/chat-tui.toml.5", "en")
    settings += check_settings(programs, f"{man}/ru/man5/chat-tui.toml.5", "ru")
    check_article(f"{man}/man1/chat-tui.1", f"{sources}/ChatUI/ChatUI.docc/CommandLine.md", "Exit codes")
    check_article(f"{man}/man8/chat-server.8", f"{sources}/ChatServer/ChatServer.docc/Running.md", "Ending")
    for problem in problems:
        print(f"FAILED: {problem}")
    if problems:
        sys.exit(1)
    print(f"ok: {len(pages)} manual pages with {flags} flags and {settings} settings, as the programs say them")


if __name__ == "__main__":
    main()
