import Foundation

/// The real nginx in front of a server, on a free port of 127.0.0.1, with all its files in the test's home. It ends
/// with this object.
final class NginxProcess {
    let port: Int
    private let home: Home
    private let server: String
    private let forwarding: String
    private let process: ChildProcess

    var url: String { "ws://127.0.0.1:\(port)" }

    /// Returns when it listens.
    /// - Parameters:
    ///   - server: The port of the server behind it.
    ///   - forwarding: The headers by which it names its client.
    static func start(
        home: Home, server: Int, port: Int? = nil, forwarding: String = usualForwarding
    ) async throws -> NginxProcess {
        try await start(home: home, server: "http://127.0.0.1:\(server)", port: port, forwarding: forwarding)
    }

    /// - Parameter server: The address of the server; `http://unix:/PATH:` for a Unix socket.
    static func start(
        home: Home, server: String, port: Int? = nil, forwarding: String = usualForwarding
    ) async throws -> NginxProcess {
        let port = try port ?? LoopbackSocket.freePort()
        let nginx = try NginxProcess(home: home, server: server, port: port, forwarding: forwarding)
        try await wait(for: "nginx to listen", state: { try home.read("nginx.log") }) {
            try? LoopbackSocket.connected(to: nginx.port)
        }
        return nginx
    }

    static let usualForwarding = "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;"

    private init(home: Home, server: String, port: Int, forwarding: String) throws {
        self.forwarding = forwarding
        self.home = home
        self.server = server
        self.port = port
        try home.write(Self.configuration(home, server, port, forwarding), to: "nginx.conf")
        let log = try home.appending(to: "nginx.log")
        process = try ChildProcess(
            [try Self.program(), "-p", home.path, "-c", home.file("nginx.conf"), "-e", home.file("nginx.log")],
            environment: home.environment, output: log.fileDescriptor, errors: log.fileDescriptor)
    }

    /// nginx may be installed (not everybody's PATH has /usr/sbin), or `make test` has unpacked it.
    private static func program() throws -> String {
        let root = URL(fileURLWithPath: #filePath).pathComponents.dropLast(4).joined(separator: "/").dropFirst()
        return try Programs.find("nginx", in: Programs.searchFolders + ["/usr/sbin", "\(root)/.build/nginx/usr/sbin"])
    }

    deinit { stop() }

    /// Ends it and all connections through it.
    func stop() {
        process.send(SIGTERM)
        process.waitUntilExit()
    }

    /// Starts another one on the same port.
    func restarted() async throws -> NginxProcess {
        stop()
        return try await Self.start(home: home, server: server, port: port, forwarding: forwarding)
    }

    /// As nginx's documentation recommends for WebSockets, but with short time limits.
    private static func configuration(_ home: Home, _ server: String, _ port: Int, _ forwarding: String) -> String {
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(home.file("nginx-" + $0));" }.joined(separator: " ")
        return """
            daemon off;
            master_process off;
            pid \(home.file("nginx.pid"));
            events {}
            http {
                access_log off;
                \(temporary)
                map $http_upgrade $connection_upgrade { default upgrade; '' close; }
                server {
                    listen 127.0.0.1:\(port);
                    location / {
                        proxy_pass \(server);
                        proxy_http_version 1.1;
                        proxy_set_header Upgrade $http_upgrade;
                        proxy_set_header Connection $connection_upgrade;
                        \(forwarding)
                        proxy_read_timeout 3s;
                    }
                }
            }
            """
    }
}
