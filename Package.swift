// swift-tools-version: 6.2
// The package is built and tested on Linux with glibc. No other system is listed, because none was tried.
import PackageDescription

let strict: [SwiftSetting] = [.enableUpcomingFeature("ExistentialAny")]

// `make build` says which commit it builds. The programs' `--version` prints it.
let commit = Context.environment["CHAT_TUI_COMMIT"].flatMap { $0.isEmpty ? nil : $0 }

let package = Package(
    name: "chat-tui",
    products: [
        .executable(name: "chat-tui", targets: ["chat-tui"]),
        .executable(name: "chat-server", targets: ["chat-server"]),
        // The client module, for other programs. An article of ChatClient shows its use.
        .library(name: "ChatClient", targets: ["ChatClient", "TextSearch"]),
        // The fuzz targets, a package of their own, need these two as well.
        .library(name: "ChatWire", targets: ["ChatWire"]),
        .library(name: "WebSocketTransport", targets: ["WebSocketTransport"]),
    ],
    traits: [
        .trait(
            name: "Cluster",
            description: "PostgreSQL as the server's store, for several servers. Needs libpq and libnats."
        )
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/LebJe/TOMLKit.git", from: "0.6.0"),
        .package(url: "https://github.com/vapor/jwt-kit.git", from: "5.7.1"),
    ],
    targets: [
        // The pure modules: values and machines; no sockets, no files, no clock.
        .target(name: "CLibrary", swiftSettings: strict),
        .target(name: "Formats", swiftSettings: strict),
        .target(name: "SystemErrors", dependencies: ["CLibrary"], swiftSettings: strict),
        .target(name: "ChatWire", dependencies: ["CLibrary", "Formats"], swiftSettings: strict),
        .target(name: "ClientUpdates", dependencies: ["ChatWire", "SystemErrors"], swiftSettings: strict),
        .target(name: "TextSearch", dependencies: ["ChatWire"], swiftSettings: strict),
        .target(name: "RateLimiting", swiftSettings: strict),
        .target(
            name: "ChatClient",
            dependencies: [
                "ChatWire", "ClientUpdates", "Formats", "SystemErrors", "TextSearch",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .target(name: "Supabase", dependencies: ["ChatWire", "ClientUpdates", "Formats"], swiftSettings: strict),
        .target(
            name: "ChatUI",
            dependencies: ["CLibrary", "ChatWire", "ClientUpdates", "Formats", "SystemErrors", "TextSearch"],
            swiftSettings: strict),
        .target(
            name: "ChatServer",
            dependencies: [
                "CLibrary", "ChatWire", "Formats", "RateLimiting",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),

        // The modules with side effects. Each touches one thing.
        .target(name: "CBuildCommit", cSettings: commit.map { [.define("CHAT_TUI_COMMIT", to: $0)] } ?? []),
        .systemLibrary(name: "CFileStatus"),
        .target(name: "HostSystem", dependencies: ["CFileStatus", "SystemErrors"], swiftSettings: strict),
        .target(
            name: "WebSocketTransport",
            dependencies: [
                "CLibrary", "Formats", "HostSystem", "RateLimiting", "SystemErrors",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOExtras", package: "swift-nio-extras"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict),
        .systemLibrary(name: "CSQLiteSettings", providers: [.apt(["libsqlite3-dev"])]),
        // What both stores, LocalStore and SQLiteStore, have in common.
        .target(
            name: "SQLiteFiles", dependencies: ["HostSystem", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: strict),
        .target(
            name: "SQLiteStore",
            dependencies: [
                "CSQLiteSettings", "ChatServer", "HostSystem", "SQLiteFiles",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        // These are empty without the trait Cluster.
        .systemLibrary(name: "CPostgres"),
        .target(
            name: "PostgresStore",
            dependencies: [
                "ChatServer", "ChatWire", .target(name: "CPostgres", condition: .when(traits: ["Cluster"])),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .systemLibrary(name: "CNats"),
        .target(
            name: "NATSBus",
            dependencies: ["ChatServer", .target(name: "CNats", condition: .when(traits: ["Cluster"]))],
            swiftSettings: strict),
        .target(
            name: "TokenAuth",
            dependencies: [
                "ChatServer", "ChatWire", "Formats", "SystemErrors", "WebSocketTransport",
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .target(
            name: "LocalStore",
            dependencies: [
                "ChatClient", "ChatWire", "HostSystem", "SQLiteFiles", "TextSearch",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        .target(
            name: "AccountSession",
            dependencies: [
                "ChatWire", "ClientUpdates", "Formats", "HostSystem", "Supabase", "WebSocketTransport",
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .systemLibrary(
            name: "CNcurses", providers: [.apt(["libncurses-dev"])]),
        .target(
            name: "Terminal", dependencies: ["CLibrary", "CNcurses", "ChatUI", "ChatWire", "Formats", "HostSystem"],
            swiftSettings: strict),

        .target(
            name: "ConfigFile",
            dependencies: [
                "ChatClient", "ChatUI", "ChatWire", "Supabase", .product(name: "TOMLKit", package: "TOMLKit"),
            ],
            swiftSettings: strict),

        // Connects the server's parts and runs them, for both programs: chat-tui is its user's own server, too.
        .target(
            name: "ServerRuntime",
            dependencies: [
                "CBuildCommit", "ChatServer", "ChatWire", "Formats", "HostSystem", "RateLimiting", "SQLiteStore",
                "WebSocketTransport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),

        // The programs: arguments and wiring.
        .executableTarget(
            name: "chat-tui",
            dependencies: [
                "AccountSession", "CLibrary", "ChatClient", "ChatUI", "ConfigFile", "Formats", "HostSystem",
                "LocalStore", "ServerRuntime", "Supabase", "Terminal", "TextSearch", "WebSocketTransport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "chat-server",
            dependencies: [
                "ChatServer", "Formats", "HostSystem", "RateLimiting", "SQLiteStore", "ServerRuntime", "TokenAuth",
                "WebSocketTransport", .target(name: "NATSBus", condition: .when(traits: ["Cluster"])),
                .target(name: "PostgresStore", condition: .when(traits: ["Cluster"])),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),

        .testTarget(name: "FormatsTests", dependencies: ["Formats"], swiftSettings: strict),
        .testTarget(name: "TextSearchTests", dependencies: ["ChatWire", "TextSearch"], swiftSettings: strict),
        .testTarget(name: "ChatWireTests", dependencies: ["ChatClient", "ChatWire"], swiftSettings: strict),
        .testTarget(
            name: "SupabaseTests", dependencies: ["ChatWire", "ClientUpdates", "Formats", "Supabase"],
            swiftSettings: strict),
        .testTarget(name: "HostSystemTests", dependencies: ["HostSystem"], swiftSettings: strict),
        .testTarget(
            name: "ChatClientTests",
            dependencies: ["ChatClient", "ChatWire", "TextSearch", .product(name: "Logging", package: "swift-log")],
            swiftSettings: strict),
        .testTarget(name: "RateLimitingTests", dependencies: ["RateLimiting"], swiftSettings: strict),
        // The contract of the server's stores, for the tests of each.
        .target(
            name: "StoreContract", dependencies: ["ChatServer", "ChatWire"], path: "Tests/StoreContract",
            swiftSettings: strict),
        .testTarget(
            name: "ChatServerTests", dependencies: ["ChatServer", "ChatWire", "RateLimiting", "StoreContract"],
            swiftSettings: strict),
        // Connects the machines of both ends without a network.
        .testTarget(
            name: "SimulationTests",
            dependencies: [
                "ChatClient", "ChatServer", "ChatUI", "ChatWire", "ClientUpdates", "RateLimiting", "TextSearch",
                "chat-tui",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ChatUITests",
            dependencies: ["ChatUI", "ChatWire", "ClientUpdates", "Formats", "SystemErrors", "TextSearch"],
            exclude: ["Screens", "Unicode"],
            swiftSettings: strict),
        .testTarget(
            name: "WebSocketTransportTests",
            dependencies: ["WebSocketTransport", .product(name: "NIOEmbedded", package: "swift-nio")],
            swiftSettings: strict),
        .testTarget(
            name: "TerminalTests", dependencies: ["Terminal", "ChatUI", "HostSystem"], exclude: ["Unicode"],
            swiftSettings: strict),
        .testTarget(
            name: "ConfigFileTests", dependencies: ["ConfigFile", "ChatUI", "Supabase"], swiftSettings: strict),
        .testTarget(
            name: "SQLiteStoreTests",
            dependencies: [
                "SQLiteStore", "ChatServer", "ChatWire", "HostSystem", "StoreContract",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            exclude: ["Fixtures"],
            swiftSettings: strict),
        .testTarget(
            name: "PostgresStoreTests",
            dependencies: [
                "ChatServer", "ChatWire", "NATSBus", "PostgresStore", "SQLiteStore", "StoreContract",
                "WebSocketTransport", "chat-server", "chat-tui",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "LocalStoreTests",
            dependencies: [
                "LocalStore", "ChatClient", "ChatWire", "HostSystem", "TextSearch",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            exclude: ["Fixtures"],
            swiftSettings: strict),
        .testTarget(
            name: "AccountSessionTests",
            dependencies: [
                "AccountSession", "ChatWire", "ClientUpdates", "HostSystem", "MarketplaceStandIn", "Supabase",
                "WebSocketTransport", "marketplace-stand-in", .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "TokenAuthTests",
            dependencies: [
                "TokenAuth", "ChatServer", "ChatWire", "WebSocketTransport",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        // Sends harmful text through every way out of both programs.
        .testTarget(
            name: "HostileTextTests",
            dependencies: [
                "ChatClient", "ChatServer", "ChatUI", "ChatWire", "ClientUpdates", "ConfigFile", "HostSystem",
                "LocalStore", "Terminal",
                "ServerRuntime", "WebSocketTransport", "chat-server", "chat-tui",
                .product(name: "Logging", package: "swift-log"),
            ],
            exclude: ["Sinks.txt"],
            swiftSettings: strict),
        .testTarget(
            name: "ServerOptionsTests",
            dependencies: [
                "ChatServer", "RateLimiting", "ServerRuntime", "chat-server",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        // Compares the README and the articles with the code.
        .testTarget(
            name: "DocumentationTests",
            dependencies: [
                "ChatClient", "ChatServer", "ChatUI", "ChatWire", "ConfigFile", "ServerRuntime", "WebSocketTransport",
                "chat-server", "chat-tui",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        // The drivers of the client's program.
        .testTarget(
            name: "ChatTUITests",
            dependencies: [
                "AccountSession", "ChatClient", "ChatUI", "ChatWire", "ClientUpdates", "ConfigFile", "LocalStore",
                "Supabase",
                "WebSocketTransport",
                "chat-tui",
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        // Stands in for a marketplace's project at Supabase, for the tests of everything that logs in.
        .target(
            name: "MarketplaceStandIn",
            dependencies: [
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            path: "Tests/MarketplaceStandIn", swiftSettings: strict),
        // The same as a program, to try a login by hand. It also refreshes a session in a process that tests kill.
        .executableTarget(
            name: "marketplace-stand-in",
            dependencies: [
                "AccountSession", "ChatWire", "MarketplaceStandIn", "WebSocketTransport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Tests/MarketplaceStandInProgram", swiftSettings: strict),
        .testTarget(
            name: "MarketplaceStandInTests",
            dependencies: [
                "MarketplaceStandIn",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict),
        // These tests run the programs, so the programs are built with them.
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "chat-tui", "chat-server", "MarketplaceStandIn", "WebSocketTransport",
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
    ]
)

// `make test-cluster` compiles no other tests than its own.
if Context.environment["CHAT_TUI_CLUSTER_TESTS"] != nil {
    package.targets.removeAll { $0.type == .test && !["PostgresStoreTests", "ServerOptionsTests"].contains($0.name) }
}

// Only `make docs` needs this plugin. It makes a website from the articles.
if Context.environment["CHAT_TUI_DOCS"] != nil {
    package.dependencies.append(.package(url: "https://github.com/swiftlang/swift-docc-plugin.git", from: "1.5.0"))
}
