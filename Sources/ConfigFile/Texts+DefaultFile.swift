import ChatUI

// The texts of the file that `chat-tui config --init` writes.

extension Texts {
    var fileHead: String {
        choose(
            """
            Настройки chat-tui. Уберите решётку перед строкой и измените значение.
            Ключи командной строки важнее переменных окружения, а те важнее этого файла.
            Проверить файл: chat-tui config
            """,
            """
            The settings of chat-tui. Remove the '#' before a line and change its value.
            Flags win over the environment, which wins over this file.
            To check the file: chat-tui config
            """)
    }

    var colorsHead: String {
        choose(
            """
            Цвета поверх темы: black, red, green, yellow, blue, magenta, cyan, white, они же с bright-
            (bright-red), color0…color255 или default — цвет терминала. Здесь показана тёмная тема.
            """,
            """
            Colours in place of the theme's: black, red, green, yellow, blue, magenta, cyan, white, the same with bright-
            (bright-red), color0…color255, or default, the terminal's own. These are the dark theme's.
            """)
    }

    var keysHead: String {
        choose(
            """
            Клавиши действий: Ctrl-A, Alt-Enter, Shift-Tab, F2, PgUp, Home… Одна или несколько;
            пустой список [] — никакой. Буквы латинские, а нажимать можно и в русской раскладке.
            """,
            """
            The keys of the actions: Ctrl-A, Alt-Enter, Shift-Tab, F2, PgUp, Home… One or several;
            with an empty list [] there is none.
            """)
    }

    /// What a setting is for.
    func explanation(of setting: Setting) -> String {
        switch setting {
        case .user: choose("Кто вы (--user).", "Who you are (--user).")
        case .name:
            choose(
                "Ваше имя (--name): его видят другие, если сервер не спрашивает токенов.",
                "Your own name (--name), which others see where the server asks for no tokens.")
        case .url:
            choose(
                "Сервер: ws, wss, http или https (--url). Без него — свой сервер этого пользователя.",
                "The server: ws, wss, http or https (--url). Without it, this user's own.")
        case .tokenFile:
            choose(
                "Файл с токеном (--token-file), читается заново при каждом подключении. Сам токен сюда не пишите.",
                "A file with the token (--token-file), read anew for each connection. The token itself has no place here."
            )
        case .apiKey:
            choose(
                "Ключ размещённого сервера для заголовка apikey (--apikey).",
                "The key that a hosted server asks for in the header apikey (--apikey).")
        case .authorities:
            choose(
                "Сертификаты ещё одного центра, PEM (--ca-file).",
                "Certificates of a further authority, PEM (--ca-file).")
        case .dataFolder:
            choose(
                "История, черновики и неотправленное (--data-dir). Пути: от корня, от ~ или от папки этого файла.",
                "History, drafts and unsent messages (--data-dir). Paths start from /, from ~ or from this file's folder."
            )
        case .logFile: choose("Журнал (--log-file).", "The log (--log-file).")
        case .language: choose("Язык: ru или en (--lang).", "The language: ru or en (--lang).")
        case .theme:
            choose(
                "Цвета: dark — для тёмного фона, light — для светлого, mono — без цветов.",
                "Colours: dark for a dark background, light for a light one, mono for none.")
        case .mouse:
            choose(
                "Мышь: колесо листает, щелчок выбирает сообщение. Выделяет текст терминал тогда с Shift.",
                "The mouse: the wheel scrolls, a click selects a message. The terminal then selects text with Shift.")
        case .title: choose("Писать в заголовок окна.", "Set the window's title.")
        case .bell:
            choose(
                "Звонок, когда пришло сообщение, а окно не впереди.",
                "The bell, for a message while the window is not in front.")
        case .notification:
            choose(
                "Уведомление на рабочем столе, если терминал умеет.",
                "A notification on the desktop, where the terminal passes it on.")
        case .notificationText: choose("С текстом сообщения.", "With what was written.")
        case .unreadInTitle:
            choose("Число непрочитанных в заголовке окна.", "The number of unread messages in the window's title.")
        case .showsPresence: choose("В сети ли собеседник.", "Whether the other is there.")
        case .showsTyping: choose("Что собеседник печатает.", "That the other is typing.")
        case .showsReceipts:
            choose(
                "Что доставлено и прочитано: ✓✓. Иначе только ✓.", "What was delivered and read: ✓✓. Otherwise only ✓.")
        case .tellsTyping: choose("Сообщать собеседнику, что вы печатаете.", "Tell the other that you are typing.")
        case .tellsRead: choose("Сообщать собеседнику, что вы прочли.", "Tell the other what you have read.")
        }
    }

    /// Where the interface uses a colour. Nil if it does not.
    func use(of color: Style.Color) -> String? {
        switch color {
        case .red: choose("ошибки и что связи нет", "errors, and that there is no connection")
        case .green: choose("связь есть", "connected")
        case .yellow: choose("новое, найденное, подсказки", "what is new, what was found, hints")
        case .cyan: choose("имя собеседника, прочитанное", "the other's name, and what was read")
        case .normal, .blue, .magenta, .gray: nil
        }
    }
}
