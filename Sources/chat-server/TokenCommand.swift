import ArgumentParser
import ChatWire
import Foundation
import ServerRuntime
import TokenAuth

/// Makes a token for trying a server out. Whoever has the HS256 secret could make one anyway, so this gives away
/// nothing.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Print a token for a user, signed with the HS256 secret.",
        discussion: "chat-server token --user anna --jwt-secret-file secret > anna.token")

    @Option(help: "Whose token it is.")
    var user: String

    @Option(help: "How long it is valid: a number with s, m, h or d.", completion: .list(["15m", "1h", "1d", "30d"]))
    var ttl = "1h"

    @OptionGroup var tokens: TokenOptions

    func run() async throws {
        guard let user = UserID(user), !user.isBlank else {
            throw ValidationError(
                "--user must have 1 to \(UserID.maxLength) characters, no control characters, and not only spaces.")
        }
        guard let lifetime = Self.duration(ttl) else {
            throw ValidationError("--ttl must be a number with s, m, h or d, such as 90s or 1h.")
        }
        guard let secret = try tokens.secrets().first else {
            throw ValidationError("A token is signed with a secret: --jwt-secret-file FILE or SUPABASE_JWT_SECRET.")
        }
        let hosted = try tokens.project() ?? HostedDatabase(environment: ServerOptions.environment)
        let maker = await TokenMaker(rules: tokens.rules(hosted: hosted), secret: secret)
        let token = try await maker.token(for: user, now: Server.now(), lifetime: lifetime)
        try CommandOutput.write(token)
    }

    /// Nil if the text is not a duration, or if it is more than ten years.
    static func duration(_ text: String) -> Duration? {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let unit = text.last.flatMap({ units[$0] }), let number = Int(text.dropLast()),
            (1...(10 * 366 * 86_400 / unit)).contains(number)
        else { return nil }
        return .seconds(number * unit)
    }
}
