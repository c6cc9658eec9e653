import ChatUI

// What is said of other programs.

extension Texts {
    var browserMissing: String {
        choose("Не удалось запустить программу из BROWSER", "The program in BROWSER did not start")
    }

    var editorMissing: String {
        choose("Задайте программу в переменной EDITOR", "Name a program in the variable EDITOR")
    }

    var notEdited: String { choose("Текст остался прежним", "The text stays as it was") }
}
