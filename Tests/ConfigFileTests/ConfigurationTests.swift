import ChatUI
import Supabase
import Testing

@testable import ConfigFile

struct ConfigurationTests {
    private func read(_ text: String) -> Configuration {
        let (configuration, problems) = Configuration.read(text, folder: "/etc/chat", home: "/home/anna")
        #expect(problems == [])
        return configuration
    }

    @Test func templates() {
        let configuration = read(
            """
            [templates] # names in any script
            привет = "Здравствуйте, {name}!"
            "ещё раз" = 'a {product}'
            hello-2 = "one\\ntwo"
            адрес = \"""
            Улица
              дом 1

            \"""
            [alerts]
            bell = false
            """)
        let expected = [
            "hello-2": "one\ntwo", "адрес": "Улица\n  дом 1", "ещё раз": "a {product}",
            "привет": "Здравствуйте, {name}!",
        ]
        #expect(
            configuration.preferences.templates
                == expected.sorted { $0.key < $1.key }.map { Template(name: $0.key, text: $0.value) })
        #expect(!configuration.preferences.ringsBell)
    }

    @Test func emptyIsTheDefault() {
        #expect(read("") == Configuration())
        #expect(read("\u{FEFF}# nothing\r\n[alerts]\r\n") == Configuration())
    }

    /// A name and a token belong to the user of the file, and to everybody if it names none.
    @Test func settingsOfAnotherUser() {
        let texts = "name = \"Анна\"\ntoken-file = \"/token\"\nlang = \"en\"\n"
        for (file, user, keeps) in [
            ("user = \"anna\"\n" + texts, "anna", true), ("user = \"anna\"\n" + texts, "ivan", false),
            ("user = \"anna\"\n" + texts, "Anna", false), (texts, "ivan", true),
            ("user = \"\u{E9}\"\n" + texts, "e\u{301}", false),
        ] {
            var configuration = read(file)
            configuration.keepOnlySettings(for: user)
            #expect(configuration.account.name == (keeps ? "Анна" : nil), "\(file) \(user)")
            #expect(configuration.account.tokenFile == (keeps ? "/token" : nil) && configuration.language == .english)
        }
    }

    @Test func everySetting() throws {
        let configuration = read(
            """
            user = "anna"
            name = "Анна"
            url = "wss://chat.example/x"
            project = "https://abc.supabase.co"
            apikey = "public"
            email = "anna@mail.example"
            token-file = "~/token"
            token-command = "pass show chat"
            ca-file = "/ca.pem"
            data-dir = "here"
            log-file = "~"
            lang = "en"
            theme = "light"
            mouse = true
            title = false
            colors = { red = "bright-red", Cyan = "default" }
            keys.search = "Ctrl-O"
            keys.links = ["Ctrl-F", "F4"]
            keys.copy = []
            [alerts]
            bell = false
            notification = false
            notification-text = false
            unread-in-title = false
            [show]
            presence = false
            typing = false
            receipts = false
            [tell]
            typing = false
            read = false
            """)
        #expect(configuration.account.user == "anna")
        #expect(configuration.account.name == "Анна")
        #expect(configuration.account.url == "wss://chat.example/x")
        #expect(configuration.account.project?.url == "https://abc.supabase.co")
        #expect(configuration.account.apiKey == "public")
        #expect(configuration.account.email == "anna@mail.example")
        #expect(configuration.account.tokenCommand == "pass show chat")
        #expect(configuration.account.tokenFile == "/home/anna/token")
        #expect(configuration.authorities == "/ca.pem")
        #expect(configuration.dataFolder == "/etc/chat/here")
        #expect(configuration.logFile == "/home/anna")
        #expect(configuration.language == .english)
        try #expect(configuration.theme == Theme(.light, changing: ["red": "bright-red", "cyan": "default"]))
        #expect(configuration.usesMouse)
        #expect(!configuration.setsTitle)
        let keys = try KeyBindings(changing: ["search": ["Ctrl-O"], "links": ["Ctrl-F", "F4"], "copy": []])
        #expect(configuration.keyBindings == keys)
        var preferences = Preferences()
        preferences.ringsBell = false
        preferences.notifies = false
        preferences.notifiesWithText = false
        preferences.countsInTitle = false
        preferences.showsPresence = false
        preferences.showsTyping = false
        preferences.showsReceipts = false
        preferences.tellsTyping = false
        preferences.tellsRead = false
        #expect(configuration.preferences == preferences)
    }

    @Test func profiles() throws {
        var configuration = read(
            """
            user = "anna"
            token-file = "/token"
            apikey = "key"
            lang = "en"
            [profiles.shop]
            project = "https://abc.supabase.co"
            email = "shop@mail.example"
            token-command = "pass show 'my shop'"
            [profiles]
            2-nd_Shop.user = "ivan"
            """)
        #expect(configuration.profiles.keys.sorted() == ["2-nd_Shop", "shop"])
        #expect(configuration.account.user == "anna")
        let hasShop = configuration.use(profile: "shop")
        #expect(hasShop)
        var shop = AccountSettings()
        (shop.project, shop.email) = (try ProjectAddress("https://abc.supabase.co"), "shop@mail.example")
        shop.tokenCommand = "pass show 'my shop'"
        #expect(configuration.account == shop, "nothing of it is the other account's")
        #expect(configuration.language == .english)
        let hasNone = configuration.use(profile: "none")
        #expect(!hasNone && configuration.account == AccountSettings())
        for name in ["", "a b", "../x", "имя", "a.b", String(repeating: "a", count: 65)] {
            #expect(!ProfileName.isValid(name), "\(name)")
        }
    }

    @Test(arguments: ["a@b.c", "Anna.Petrova+chat@mail.example", "анна@почта.рф", "a@localhost"])
    func anAddress(text: String) { #expect(EmailAddress.isPlausible(text)) }

    @Test(arguments: [
        "", "anna", "@b.c", "a@", "a@@b.c", "a b@c.d", "a@b..c", "a@.b", "a@b.", "a\u{1B}@b.c", "a\u{202E}@b.c\u{9B}",
        "<a@b.c>", "a@b.c,d@e.f", String(repeating: "a", count: 252) + "@b.c",
    ])
    func noAddress(text: String) { #expect(!EmailAddress.isPlausible(text)) }

    @Test func homeIsNeeded() {
        let (_, problems) = Configuration.read("log-file = \"~/log\"", folder: "/", home: nil)
        #expect(problems.map(\.fault) == [.noHome(key: "log-file")])
    }

    @Test func anothersHomeIsForShells() {
        let (_, problems) = Configuration.read("data-dir = \"~anna/x\"", folder: "/", home: "/home/me")
        #expect(problems.map(\.fault) == [.otherHome(key: "data-dir")])
    }
}
