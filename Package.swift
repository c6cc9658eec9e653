// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [.enableUpcomingFeature("ExistentialAny")]

let package = Package(
    name: "chat-tui",
    platforms: [.macOS(.v15)],
    dependencies: [
    ],
    targets: [
        // The pure modules: values and machines; no sockets, no files, no clock.
        .target(name: "ChatWire", swiftSettings: strict),
        // What touches the world, one thing each.
        // The programs: arguments and wiring.
        .testTarget(name: "ChatWireTests", dependencies: ["ChatWire"], swiftSettings: strict),
    ]
)
