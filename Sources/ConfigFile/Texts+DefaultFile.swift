import ChatUI

// The texts of the file that `chat-tui config --init` writes.

extension Texts {
    var fileHead: String {
        choose(
            """
            Настройки chat-tui. Чтобы изменить настройку, уберите решётку в начале её строки.
            Ключи командной строки важнее переменных окружения, а те важнее этого файла.
            Проверить файл: chat-tui config
            """,
            """
            The settings of chat-tui. To change a setting, remove the '#' at the start of its line.
            Flags override environment variables, which override this file.
            To check the file: chat-tui config
            """)
    }

    var templatesHead: String {
        choose(
            """
            Шаблоны: тексты, которые вы отправляете часто. В беседе введите /t ИМЯ или нажмите Alt-T: шаблон встанет
            в строку ввода, а отправит его Enter. {name} — имя собеседника, {product} — товар, \\n — новая строка.
            """,
            """
            Templates: texts that you send often. In a conversation, type /t NAME or press Alt-T: the template is put
            into the input line, and Enter sends it. {name} is the other person's name, {product} the product's title;
            \\n is a line break.
            """)
    }

    /// Settings that can be uncommented. The long one has quotes of its own that span lines.
    var templateSamples: String {
        choose(
            """
            #привет = "Здравствуйте, {name}! Да, «{product}» ещё продаётся."
            #адрес = "Забрать можно сегодня до 20:00.\\nАдрес: "

            """,
            """
            #hello = "Hello, {name}! Yes, “{product}” is still for sale."
            #pickup = "You can pick it up today until 8 p.m.\\nAddress: "

            """)
    }

    var colorsHead: String {
        choose(
            """
            Цвета вместо цветов темы: black, red, green, yellow, blue, magenta, cyan, white, те же с приставкой bright-
            (bright-red), color0…color255 или default — цвет терминала. Здесь показана тёмная тема.
            """,
            """
            Colours that replace the theme's: black, red, green, yellow, blue, magenta, cyan, white, the same with the
            prefix bright- (bright-red), color0…color255, or default, the terminal's own. These are the dark theme's.
            """)
    }

    var keysHead: String {
        choose(
            """
            Клавиши действий: Ctrl-A, Alt-Enter, Shift-Tab, F2, PgUp, Home… У действия их может быть несколько;
            с пустым списком [] нет ни одной. Буквы здесь латинские, но сработают и в русской раскладке.
            """,
            """
            The keys of the actions: Ctrl-A, Alt-Enter, Shift-Tab, F2, PgUp, Home… An action may have several;
            with an empty list [] it has none.
            """)
    }

    var profilesHead: String {
        choose(
            """
            Профили: несколько учётных записей. chat-tui --profile shop берёт раздел [profiles.shop]; у каждого профиля
            свой вход (chat-tui login --profile shop) и своя история. В разделе бывают user, name, url, project, apikey,
            email, token-file и token-command; сверху файла они не наследуются, остальные настройки общие.
            """,
            """
            Profiles: several accounts. chat-tui --profile shop uses the table [profiles.shop]; each profile has its own
            log-in (chat-tui login --profile shop) and history. The table may have user, name, url, project, apikey,
            email, token-file and token-command; it inherits none of these, and shares all other settings.
            """)
    }

    /// What a setting is for.
    func explanation(of setting: Setting) -> String {
        switch setting {
        case .user:
            choose(
                "Кто вы (--user). Для другого --user имя и токен из этого файла не действуют.",
                "Who you are (--user). The name and the token of this file do not apply to another --user.")
        case .name:
            choose(
                "Ваше имя (--name): его видят другие, если сервер не требует токен.",
                "Your own name (--name). Others see it if the server requires no token.")
        case .url:
            choose(
                "Сервер: ws, wss, http или https (--url). Без него — локальный сервер текущего пользователя.",
                "The server: ws, wss, http or https (--url). Without it, the current user's local server.")
        case .tokenFile:
            choose(
                "Файл с токеном (--token-file), читается заново при каждом подключении. Сам токен сюда не пишите.",
                "A file with the token (--token-file), re-read for each connection. Do not put the token itself here."
            )
        case .apiKey:
            choose(
                "Ключ API облачного сервера, для заголовка apikey (--apikey).",
                "The API key of a hosted server, for the header apikey (--apikey).")
        case .project:
            choose(
                "Проект Supabase, в который входит chat-tui login (--project).",
                "The Supabase project that chat-tui login logs in to (--project).")
        case .email:
            choose(
                "Адрес электронной почты для входа (--email).", "The e-mail address to log in with (--email).")
        case .tokenCommand:
            choose(
                "Команда, которая печатает токен; выполняется без оболочки при каждом подключении.",
                "A command that prints the token; it is run without a shell, for each connection.")
        case .authorities:
            choose(
                "Сертификаты дополнительных удостоверяющих центров, PEM (--ca-file).",
                "Certificates of additional authorities, PEM (--ca-file).")
        case .dataFolder:
            choose(
                "История, черновики и неотправленное (--data-dir). Путь — от корня, от ~ или от папки этого файла.",
                "History, drafts and unsent messages (--data-dir). A path starts at /, at ~ or at this file's folder."
            )
        case .logFile: choose("Журнал (--log-file).", "The log (--log-file).")
        case .language:
            choose(
                "Язык: ru или en (--lang). Без этой строки — ru.",
                "The language: ru or en (--lang). Without this line it is ru.")
        case .theme:
            choose(
                "Цвета: dark — для тёмного фона, light — для светлого, mono — без цветов.",
                "Colours: dark for a dark background, light for a light one, mono for none.")
        case .mouse:
            choose(
                "Мышь: колесо листает, щелчок выбирает сообщение. Чтобы выделить текст, удерживайте Shift.",
                "The mouse: the wheel scrolls, a click selects a message. To select text, hold Shift.")
        case .title: choose("Менять заголовок окна.", "Set the window's title.")
        case .bell:
            choose(
                "Звонок при новом сообщении, если окно неактивно.",
                "The bell, for a message while the window is inactive.")
        case .notification:
            choose(
                "Уведомление на рабочем столе, если терминал это поддерживает.",
                "A notification on the desktop, if the terminal supports it.")
        case .notificationText:
            choose("Показывать в уведомлении текст сообщения.", "Show the message's text in the notification.")
        case .unreadInTitle:
            choose("Число непрочитанных в заголовке окна.", "The number of unread messages in the window's title.")
        case .showsPresence: choose("Показывать, в сети ли собеседник.", "Show whether the other person is online.")
        case .showsTyping: choose("Показывать, что собеседник печатает.", "Show that the other person is typing.")
        case .showsReceipts:
            choose(
                "Показывать, что доставлено и прочитано (✓✓). Иначе только ✓.",
                "Show what was delivered and read (✓✓). Otherwise only ✓.")
        case .tellsTyping:
            choose("Сообщать собеседнику, что вы печатаете.", "Tell the other person that you are typing.")
        case .tellsRead: choose("Сообщать собеседнику, что вы прочитали.", "Tell the other person what you have read.")
        }
    }

    /// Where the interface uses a colour. Nil if it does not.
    func use(of color: Style.Color) -> String? {
        switch color {
        case .red: choose("ошибки, связи нет", "errors, not connected")
        case .green: choose("связь есть", "connected")
        case .yellow: choose("новое, найденное, подсказки", "new messages, matches, hints")
        case .cyan: choose("имя собеседника, прочитанное", "the other person's name, read messages")
        case .normal, .blue, .magenta, .gray: nil
        }
    }
}
