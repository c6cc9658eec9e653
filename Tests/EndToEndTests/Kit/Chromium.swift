import Foundation

/// A real browser, without a window.
enum Chromium {
    static var isInstalled: Bool { path != nil }

    private static var path: String? {
        ["chromium", "chromium-headless-shell", "chromium-browser", "google-chrome"].lazy
            .compactMap { try? Programs.installed($0) }.first
    }

    /// The page in which the browser ends up, as it is after all redirects.
    static func page(at address: String, home: Home) throws -> String {
        guard let path else { throw Programs.Missing(name: "chromium", places: Programs.searchFolders) }
        return try Programs.run(
            [
                path, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--virtual-time-budget=5000",
                "--user-data-dir=\(home.file("chromium"))", "--dump-dom", address,
            ], environment: home.environment)
    }
}
