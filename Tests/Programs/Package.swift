// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [.enableUpcomingFeature("ExistentialAny")]

// Programs that tests and benchmarks run beside the product. They are a package of their own, so that the product
// contains nothing of them.
let package = Package(
    name: "test-programs",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "chat-tui", path: "../.."),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
    ],
    targets: [
        // The load of `make bench` and `make bench-connections`.
        .executableTarget(
            name: "chat-bench",
            dependencies: [
                .product(name: "ChatWire", package: "chat-tui"),
                .product(name: "WebSocketTransport", package: "chat-tui"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        // Echoes every message, for other projects' test suites.
        .executableTarget(
            name: "websocket-echo",
            dependencies: [
                .product(name: "WebSocketTransport", package: "chat-tui"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
    ]
)
