#if Cluster

import Foundation
import Testing

@testable import PostgresStore

/// A project like one at Supabase, on this machine: the database behind TLS and passwords, with its own authority, under
/// the names that Supabase gives it, Auth, and the folder in which an operator works.
///
/// libpq finds the names by `PGHOSTADDR`, so everything else is as it would be.
final class Project {
    static let tools = ["bash", "psql", "curl", "jq", "openssl", "tmux", "setsid"]
    static let hasTools = tools.allSatisfy { path(of: $0) != nil }

    static let (alice, bob) = ("00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002")
    static let ownersPassword = "what Supabase: gave"

    let server: PostgresServer
    let auth: AuthServer
    /// The folder of the operator, and the addresses of the database and of the pooler. The server listens on the first.
    let folder: String
    let (address, poolersAddress) = (Project.loopbackAddress(), Project.loopbackAddress())
    private var children: [Process] = []

    init() throws {
        folder = "/tmp/guide-\(UUID().uuidString.prefix(8).lowercased())"
        for folder in [folder, folder + "/pg", folder + "/config/chat-tui", folder + "/run"] {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }
        try Self.makeCertificates(in: folder, address)
        try """
        local all all trust
        hostnossl all all all reject
        hostssl all all all scram-sha-256
        """.write(toFile: folder + "/pg/hba", atomically: true, encoding: .utf8)
        try PostgresServer.giveToPostgres(folder + "/pg")
        let (files, user) = (folder + "/pg", Self.alice)
        server = try PostgresServer([
            "listen_addresses=\(address)", "ssl=on", "ssl_cert_file=\(files)/server.crt",
            "ssl_key_file=\(files)/server.key", "hba_file=\(files)/hba", "log_statement=all",
        ])
        auth = try AuthServer(user: user)
        try server.sql(Layout.roles())
        try server.sql(
            "ALTER ROLE postgres PASSWORD '\(Self.ownersPassword)'; ALTER DATABASE postgres OWNER TO postgres")
        try Layout.makeMarketplace(in: "postgres", on: server)
        try server.sql(
            "INSERT INTO users (id, full_name) VALUES ('\(Self.alice)', 'Алиса'), ('\(Self.bob)', 'Иван')",
            user: "postgres")
        try insert("до миграции", from: Self.bob, to: Self.alice)
        try "ca-file = \"\(folder)/prod-ca-2021.crt\"\n"
            .write(toFile: folder + "/config/chat-tui/config.toml", atomically: true, encoding: .utf8)
    }

    /// Ends the programs that were started.
    func endChildren() {
        for child in children where child.isRunning {
            child.terminate()
            child.waitUntilExit()
        }
    }

    func end() throws {
        endChildren()
        // Threads that run tests block signals, and so does the window that they start.
        _ = try? run("if [ -e tmux ]; then tmux -S tmux list-panes -a -F '#{pane_pid}' | xargs kill -9; fi")
        auth.end()
        try server.stop()
        try FileManager.default.removeItem(atPath: folder)
    }

    /// Nobody else listens there, so ports can be those of the guide.
    private static func loopbackAddress() -> String {
        "127.\(Int.random(in: 64..<255)).\(Int.random(in: 0..<255)).\(Int.random(in: 1..<255))"
    }

    private static func makeCertificates(in folder: String, _ address: String) throws {
        let names = [
            "DNS:db.abcdefghijklmnopqrst.supabase.co", "DNS:aws-0-eu-central-1.pooler.supabase.com", "IP:\(address)",
        ]
        let script = """
            set -e; cd \(folder)
            new="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
            openssl req -x509 $new -keyout ca.key -out prod-ca-2021.crt -days 30 -subj '/CN=Root of the tests'
            openssl req -x509 $new -keyout other.key -out other.crt -days 30 -subj '/CN=Another root'
            openssl req $new -keyout privkey.pem -out request -subj '/CN=Server of the tests'
            printf 'subjectAltName=\(names.joined(separator: ","))' > names
            openssl x509 -req -in request -CA prod-ca-2021.crt -CAkey ca.key -CAcreateserial -days 30 -extfile names \
              -out fullchain.pem
            install -m 600 privkey.pem pg/server.key; cp fullchain.pem pg/server.crt
            """
        try PostgresServer.run("/usr/bin/env", ["bash", "-c", script])
    }

    // MARK: - Commands

    struct Outcome: CustomStringConvertible {
        var code: Int32
        var output: String

        var description: String { "exit code \(code): \(output)" }
    }

    /// Runs a block as in one session with the blocks before: variables stay, and are told to the programs.
    ///
    /// - Parameters:
    ///   - input: what the operator types.
    ///   - isPooled: whether names lead to the pooler.
    @discardableResult
    func run(_ script: String, input: String = "", isPooled: Bool = false) throws -> Outcome {
        let process = try process(script + "\nexport -p > .session", isPooled: isPooled)
        let (typed, output) = (Pipe(), folder + "/output-\(UUID().uuidString)")
        _ = FileManager.default.createFile(atPath: output, contents: nil)
        let file = try FileHandle(forWritingTo: URL(filePath: output))
        process.standardInput = typed
        process.standardOutput = file
        process.standardError = file
        try process.run()
        try typed.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try typed.fileHandleForWriting.close()
        process.waitUntilExit()
        return Outcome(code: process.terminationStatus, output: try String(contentsOfFile: output, encoding: .utf8))
    }

    /// Starts a block that goes on until `end()`. What it prints is in the file.
    func start(_ script: String, output: String, isPooled: Bool = false) throws -> Process {
        // The last command takes the shell's place, so that signals reach it.
        let process = try process("chat-server() { exec env chat-server \"$@\"; }\n" + script, isPooled: isPooled)
        _ = FileManager.default.createFile(atPath: folder + "/" + output, contents: nil)
        let file = try FileHandle(forWritingTo: URL(filePath: folder + "/" + output))
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = file
        process.standardError = file
        try process.run()
        children.append(process)
        return process
    }

    private func process(_ script: String, isPooled: Bool) throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: try #require(Self.path(of: "bash")))
        process.arguments = ["-c", session + filled(script)]
        process.currentDirectoryURL = URL(filePath: folder)
        process.environment = environment(isPooled: isPooled)
        return process
    }

    private let session = """
        set -a
        if [ -e .session ]; then address=$PGHOSTADDR; . ./.session; PGHOSTADDR=$address; fi
        set -eu -o pipefail

        """

    /// The block with the addresses of this machine. Everything else stays.
    func filled(_ script: String) -> String {
        script.replacing("https://$REF.supabase.co", with: auth.url)
            .replacing("https://abcdefghijklmnopqrst.supabase.co", with: auth.url).replacing(
                "chat.example", with: address
            )
            .replacing("--host 0.0.0.0", with: "--host \(address)").replacing(
                "sb_publishable_…", with: "sb_publishable_1")
    }

    private func environment(isPooled: Bool) -> [String: String] {
        let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let programs = ((own ?? CommandLine.arguments[0]) as NSString).deletingLastPathComponent
        return [
            "PATH": programs + ":" + Self.searchPath, "HOME": folder, "XDG_RUNTIME_DIR": folder + "/run",
            "XDG_CONFIG_HOME": folder + "/config", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TERM": "xterm-256color",
            "TZ": "UTC", "CURL_CA_BUNDLE": folder + "/prod-ca-2021.crt",
            "PGHOSTADDR": isPooled ? poolersAddress : address,
        ]
    }

    private static let searchPath = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"

    private static func path(of tool: String) -> String? {
        searchPath.split(separator: ":").map { "\($0)/\(tool)" }.first(where: FileManager.default.isExecutableFile)
    }

    // MARK: - Other programs

    /// Inserts a message as the edge function does, with the service key.
    func insert(_ text: String, from sender: String, to receiver: String) throws {
        try server.sql(
            """
            SET ROLE service_role; INSERT INTO messages (sender_id, receiver_id, message_text)
            VALUES ('\(sender)', '\(receiver)', '\(text)')
            """, user: "authenticator")
    }

    /// Runs a statement as the web client does by PostgREST. It fails unless it concerns some rows.
    func rest(_ statement: String, as user: String) throws {
        try server.sql(
            """
            BEGIN; SET LOCAL ROLE authenticated;
            SET LOCAL request.jwt.claims = '{"sub":"\(user)","role":"authenticated"}';
            DO $$ DECLARE n bigint; BEGIN
              EXECUTE $statement$\(statement)$statement$; GET DIAGNOSTICS n = ROW_COUNT;
              IF n = 0 THEN RAISE 'no rows'; END IF;
            END $$; COMMIT
            """, user: "authenticator")
    }

    func column(_ query: String) throws -> [String?] {
        let connection = try DatabaseConnection(server.address(database: "postgres", user: "owner"))
        let rows = try connection.run([Query(name: "column", sql: query)])[0]
        return (0..<rows.count).map { rows.text($0, 0) }
    }
}

#endif
