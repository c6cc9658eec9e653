import Testing

@testable import chat_server
@testable import chat_tui

@Suite("Documentation: flags and variables")
struct FlagTests {
    /// Only a build with the trait Cluster has these.
    private static let flagsOfCluster: Set = ["--bus", "--node", "--check", "--print"]

    /// The flags in the first column of a catalogue's tables.
    private func flags(inTablesOf module: String) throws -> Set<String> {
        let codes = try Page.articles(of: module).flatMap { $0.rows(byCode: "--").keys }
        return Set(codes.map(\.firstWord))
    }

    @Test("the server's are those that it takes") func server() throws {
        #expect(Flags.server.count > 30)
        #expect(try flags(inTablesOf: "ChatServer").sorted() == Flags.server.union(Self.flagsOfCluster).sorted())
    }

    @Test("the client's are those that it takes") func client() throws {
        #expect(Flags.client.count > 15)
        #expect(try flags(inTablesOf: "ChatUI").sorted() == Flags.client.sorted())
    }

    /// A flag that is only declared changes nothing.
    @Test("the server reads every flag's variable") func serverFlagsAreRead() throws {
        let read = try Sources.matches(of: /"([A-Z][A-Z_]*)"/, in: "Sources/chat-server")
        let flags = ServerOptions.helpMessage(columns: 500).matches(of: /(?m)^ +(--[a-z][a-z-]*)/).map { String($0.1) }
        #expect(flags.count > 30)
        for flag in flags where !["--help", "--version"].contains(flag) {
            #expect(read.contains(flag.dropFirst(2).uppercased().replacing("-", with: "_")), "\(flag)")
        }
    }

    @Test("commands refuse the flags that are only for the screen") func screenFlags() throws {
        let help = ConversationOptions.helpMessage(columns: 500)
        let flags = help.matches(of: /(?m)^ +(--[a-z][a-z-]*)( <)?/).filter { $0.1 != "--help" }
        #expect(flags.count >= 4)
        for flag in flags {
            let arguments = [String(flag.1)] + (flag.2 == nil ? [] : ["1"])
            #expect(try ConversationOptions.parse(arguments).given == [String(flag.1)])
        }
    }

    /// What nobody can list: names, ids, addresses, secrets.
    private static let freeValues: Set = [
        "user", "url", "token", "apikey", "seller", "name", "sellerName", "product", "productID", "to", "with", "host",
        "jwksUrl", "supabaseUrl", "jwtAudience", "jwtIssuer", "allowOrigin", "text", "id", "words", "node",
        "profile", "project", "email",
    ]

    @Test("a shell can complete the value of every flag that has choices or names a file") func completions() throws {
        for folder in ["Sources/chat-tui", "Sources/chat-server"] {
            let options = try Sources.matches(of: /@(?:Option|Argument)(\((?s:.*?)\n *var \w+.*)/, in: folder)
            #expect(options.count > 5)
            for option in options where !option.contains("completion:") {
                let name = option.matches(of: /var (\w+)(: \[?String\]?\??)?/).last
                if let name, name.2 != nil { #expect(Self.freeValues.contains(String(name.1)), "\(option)") }
            }
        }
    }

    @Test("no page names a flag that neither program has") func others() throws {
        let known = Flags.server.union(Flags.client).union(Self.flagsOfCluster).union([
            "--help", "--version", "--generate-completion-script",
        ])
        for page in try Page.all() {
            // Other programs' flags.
            let text = page.text.replacing(/(?:swift (?:build|test)|install\.sh)[^\n`]*/, with: "")
            let named = Set(text.matches(of: /(?m)(?:^|[^\w-])(--[a-z][a-z-]*[a-z])/).map { String($0.1) })
            #expect(named.subtracting(known).isEmpty, "\(page)")
        }
    }

    @Test("the variables of the client are those that it reads") func clientVariables() throws {
        let read = try Sources.matches(of: /"(CHAT_TUI_[A-Z_]+)"/, in: "Sources/chat-tui")
        let named = try Page.all().flatMap { $0.text.matches(of: /CHAT_TUI_[A-Z_]+/).map { String($0.0) } }
        #expect(!read.isEmpty && Set(named).sorted() == read.sorted())
    }

    @Test("the variables of the server are those of its flags") func serverVariables() throws {
        let variables = Set(
            Flags.server.union(Self.flagsOfCluster).map {
                "CHAT_SERVER_" + $0.dropFirst(2).uppercased().replacing("-", with: "_")
            })
        let named = try Page.all().flatMap { $0.text.matches(of: /CHAT_SERVER_[A-Z_]+[A-Z]/).map { String($0.0) } }
        #expect(!named.isEmpty && Set(named).subtracting(variables).isEmpty)
    }
}
