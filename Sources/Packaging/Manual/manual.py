#!/usr/bin/env python3
"""manual.py PROGRAMS SOURCES OUTPUT: writes the manual pages of both programs.

PROGRAMS has the built programs, SOURCES the articles beside the code. The flags and commands are those that the programs
describe (`--experimental-dump-help`), the settings are those of `config --init`, and the rest is from the articles. So a
page cannot differ from `--help`, from the default file and from the documentation. What only the articles say is in
English only.
"""

import json
import os
import re
import subprocess
import sys
import tempfile

import roff

WORDS = {
    "en": {
        "name": "Name", "synopsis": "Synopsis", "description": "Description", "options": "Options",
        "arguments": "Arguments", "commands": "Commands", "see": "See also", "default": "default", "file": "the settings of chat-tui",
        "manual": "Manual of chat-tui", "settings": "Settings", "help": "Show help information.",
        "version": "Show the version.", "tables": {}, "example": "The values are the defaults, or examples where there is none.",
    },
    "ru": {
        "name": "Имя", "synopsis": "Обзор", "description": "Описание", "options": "Ключи", "arguments": "Аргументы",
        "commands": "Команды", "see": "Смотрите также", "default": "по умолчанию", "file": "настройки chat-tui",
        "manual": "Руководство chat-tui", "settings": "Настройки", "help": "Эта справка.", "version": "Версия.",
        "example": "Здесь стоят значения по умолчанию, а где их нет — примеры.",
    },
}


class Program:
    def __init__(self, folder, name, language):
        self.path, self.name = os.path.join(folder, name), name
        self.words = WORDS[language]
        # Nothing of who builds the pages may be in them.
        self.environment = {"CHAT_TUI_LANG": language, "HOME": "/nonexistent", "LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]}
        self.description = json.loads(self.output("--experimental-dump-help"))["command"]

    def output(self, *arguments):
        return subprocess.run(
            [self.path, *arguments], env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True
        ).stdout.decode()

    def usage(self, path):
        """The line after USAGE in the help of a command; Texts translates its head."""
        text = self.output(*path, "--help")
        return re.search(r"(?m)^(?:USAGE|ИСПОЛЬЗОВАНИЕ): (.*(?:\n +.*)*)", text)[1]

    def commands(self):
        """Every shown command with the words that call it, in the order of the help."""
        found = []

        def visit(command, path):
            for each in command.get("subcommands", []):
                if each.get("shouldDisplay", True) and each["commandName"] != "help":
                    found.append((path + [each["commandName"]], each))
                    visit(each, path + [each["commandName"]])

        visit(self.description, [])
        return found

    def arguments(self, command, kinds):
        return [each for each in command.get("arguments", []) if each["kind"] in kinds and each.get("shouldDisplay", True)]


def tag(argument):
    names = []
    for name in argument.get("names") or []:
        names.append({"long": "--", "short": "-", "longWithSingleDash": "-"}[name["kind"]] + name["name"])
    value = f"\\fI{roff.escape(argument['valueName'])}\\fP" if argument["kind"] != "flag" else ""
    if argument["kind"] == "positional":
        return value
    return ", ".join(f"\\fB{roff.escape(name)}\\fP" for name in names) + (" " + value if value else "")


def explanation(argument, words):
    text = " ".join((argument.get("abstract") or "").split())
    names = [name["name"] for name in argument.get("names") or []]
    # ArgumentParser has these two in English only.
    for name in ("help", "version"):
        if name in names:
            text = words[name]
    if default := argument.get("defaultValue"):
        text += f" ({words['default']}: {default})"
    return roff.inline(text)


def prose(text):
    """A discussion: paragraphs, in which a line that is a command stands for itself."""
    output = []
    for each in text.split("\n\n") if text else []:
        run = []
        for part in each.split("\n"):
            if re.match(r"(source|chat-tui|chat-server) ", part):
                output += (roff.paragraph(roff.inline(" ".join(run))) if run else []) + roff.code([part])
                run = []
            else:
                run.append(part)
        if run:
            output += roff.paragraph(roff.inline(" ".join(run)))
    return output


def synopsis(usages):
    output = []
    for usage in usages:
        call, _, rest = " ".join(usage.split()).partition(" ")
        output += [".br"] if output else []
        output.append(roff.line(f"\\fB{roff.escape(call)}\\fP {roff.escape(rest)}".rstrip()))
    return output


def options(program, command, known=()):
    """The arguments and the options; those that the program itself has are not said again."""
    output = []
    for each in program.arguments(command, ("positional",)):
        output += roff.item(tag(each), explanation(each, program.words))
    for each in program.arguments(command, ("option", "flag")):
        if tag(each) not in known:
            output += roff.item(tag(each), explanation(each, program.words))
    return output


class Page:
    def __init__(self, name, section, words, version, date):
        self.name, self.section = name, section
        self.lines = [
            # A page has its own characters, and no hyphenation within flags.
            '.\\" -*- coding: UTF-8 -*-',
            f'.TH {name.upper()} {section} {date} {roff.quoted("chat-tui " + version)} {roff.quoted(words["manual"])}',
            ".nh", ".ad l",
        ]

    def __iadd__(self, lines):
        self.lines += lines
        return self

    def write(self, folder):
        os.makedirs(os.path.join(folder, f"man{self.section}"), exist_ok=True)
        path = os.path.join(folder, f"man{self.section}", f"{self.name}.{self.section}")
        # Two breaks between paragraphs in a row say nothing.
        lines = [each for index, each in enumerate(self.lines)
                 if not (each == ".PP" and (index + 1 == len(self.lines) or self.lines[index - 1].startswith((".SH", ".SS"))))]
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")


def program_page(program, section, version, date, articles, see):
    words, description = program.words, program.description
    page = Page(program.name, section, words, version, date)
    abstract = description["abstract"].rstrip(".")
    page += [roff.heading(words["name"]), roff.escape(f"{program.name} - ").replace("\\- ", "\\- ")
             + roff.inline(abstract[0].lower() + abstract[1:])]
    commands = program.commands()
    page += [roff.heading(words["synopsis"])]
    page += synopsis([program.usage([])] + [program.usage(path) for path, each in commands if not each.get("subcommands")])
    page += [roff.heading(words["description"])] + prose(description["discussion"])
    page += [roff.heading(words["options"])] + options(program, description)
    known = {tag(each) for each in program.arguments(description, ("option", "flag"))}
    page += [roff.heading(words["commands"])]
    for path, command in commands:
        page += [roff.subheading(" ".join([program.name] + path))] + roff.paragraph(roff.inline(command["abstract"]))
        page += prose(command.get("discussion") or "") + options(program, command, known)
    for article in articles:
        page += article
    page += [roff.heading(words["see"]), ", ".join(f"\\fB{roff.escape(name)}\\fP({number})" for name, number in see)]
    return page


def article_sections(path, titles, flags_are_said=True):
    """Sections of an article. Rows about flags are left out where OPTIONS has them."""
    article = roff.Article(path)
    output = []
    for title in titles:
        output += [roff.heading(title)]
        output += roff.blocks_of(article.section(title), lambda row: not (flags_are_said and row[0].startswith("`--")))
    return output


def settings_page(program, version, date, articles, see):
    """chat-tui.toml(5), from the file that `config --init` writes, by whose rules it is read here: `# ` explains, `#` alone
    begins a setting."""
    words = program.words
    page = Page("chat-tui.toml", 5, words, version, date)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "config.toml")
        program.output("config", "--init", "--config", path)
        with open(path, encoding="utf-8") as file:
            lines = file.read().split("\n")
    page += [roff.heading(words["name"]), f"chat\\-tui.toml \\- {roff.escape(words['file'])}"]
    page += [roff.heading(words["synopsis"]), "\\fI$XDG_CONFIG_HOME/chat\\-tui/config.toml\\fP"]
    page += [roff.heading(words["description"])]
    comment, table, is_head = [], None, True
    for each in lines + [""]:
        if not each and is_head:
            for sentence in comment:
                page += [roff.line(roff.inline(sentence))]
            page += [roff.line(roff.inline(words["example"])), roff.heading(words["settings"])]
            comment, is_head = [], False
        elif each.startswith("# "):
            comment.append(each[2:])
        elif match := re.fullmatch(r"\[(\w+)\]", each):
            table = match[1]
            page += [roff.subheading(f"[{table}]")]
        elif match := re.fullmatch(r'#?(\S+|"[^"]+") = (.*?)(?:  # (.*))?', each):
            name, value, said = match.groups()
            is_own = table not in ("alerts", "show", "tell", None)
            if comment and is_own:
                page += roff.paragraph(roff.inline(" ".join(comment)))
                comment = []
            text = said or " ".join(comment)
            page += roff.item(f"\\fB{roff.escape(name)}\\fP = {roff.escape(value)}", roff.inline(text))
            comment = []
        elif match := re.fullmatch(r"#(\[.*\])", each):
            page += roff.paragraph(roff.inline(" ".join(comment))) + roff.code([match[1]])
            comment = []
    for article in articles:
        page += article
    page += [roff.heading(words["see"]), ", ".join(f"\\fB{roff.escape(name)}\\fP({number})" for name, number in see)]
    return page


def main():
    programs, sources, output = sys.argv[1:4]
    version, date = sys.argv[4:6]
    article = lambda module, name: os.path.join(sources, module, f"{module}.docc", f"{name}.md")
    pages = {"chat-tui": 1, "chat-tui.toml": 5, "chat-server": 8}
    see = lambda own: [(name, number) for name, number in pages.items() if name != own]
    for language in ("en", "ru"):
        client = Program(programs, "chat-tui", language)
        folder = output if language == "en" else os.path.join(output, language)
        told, settings = [], []
        if language == "en":
            command_line = article("ChatUI", "CommandLine")
            told = [
                article_sections(command_line, ["Logging in", "Without a screen"]),
                article_sections(article("ChatUI", "Keys"), [t for _, t, _ in roff.Article(article("ChatUI", "Keys")).sections if t != "Overview"]),
                article_sections(article("ChatUI", "SlashCommands"), ["Overview"]),
                article_sections(article("ChatUI", "Files"), ["The history", "The log-in", "The local socket"]),
                article_sections(command_line, ["Exit codes", "Why there is no connection", "What counts as delivered and read"]),
            ]
            settings = [article_sections(article("ChatUI", "Settings"), ["Profiles", "Templates", "Colours", "Keys"])]
        program_page(client, 1, version, date, told, see("chat-tui")).write(folder)
        settings_page(client, version, date, settings, see("chat-tui.toml")).write(folder)
    # The server speaks English only.
    server = Program(programs, "chat-server", "en")
    told = [
        article_sections(article("ChatServer", "Running"), ["Options", "Whom it serves", "Reloading", "The log", "Ending"]),
        article_sections(article("ChatServer", "FilesOnDisk"), ["One server serves a database", "How a message is stored"]),
    ]
    program_page(server, 8, version, date, told, see("chat-server")).write(output)


if __name__ == "__main__":
    main()
