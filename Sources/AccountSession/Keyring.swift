import HostSystem

/// The desktop's keyring (Secret Service), by the program `secret-tool` of libsecret. A secret goes to the program by its
/// standard input and comes back by its standard output, so no other user can see it. The attributes are not secret.
public struct Keyring: Sendable {
    private let program: String
    /// What the keyring's own window calls the session, beside the program's name.
    private let account: String
    private let limit: Duration
    /// Which session of this user it is: the folder of its file.
    private var folder = ""
    private var slot: Int?

    /// Nil if there is no `secret-tool`.
    /// - Parameters:
    ///   - account: The profile's name; empty for the account without one.
    ///   - limit: How long one call of the program may take.
    public static func find(
        account: String, environment: [String: String], limit: Duration = .seconds(5)
    ) -> Keyring? {
        guard let program = ChildProcess.path(of: "secret-tool", environment: environment) else { return nil }
        return Keyring(program: program, account: account, limit: limit)
    }

    init(program: String, account: String, limit: Duration) {
        (self.program, self.account, self.limit) = (program, account, limit)
    }

    /// The keyring's entry for the session in a folder.
    func entry(for folder: String) -> Keyring {
        var entry = self
        entry.folder = folder
        return entry
    }

    /// One of the session's two places, 0 and 1, so that a new session can be stored before the former one is given up.
    /// Nil: the only place of the first version.
    func slot(_ slot: Int?) -> Keyring {
        var entry = self
        entry.slot = slot
        return entry
    }

    private var label: String { account.isEmpty ? "chat-tui" : "chat-tui: \(account)" }
    /// A search finds every entry that has its attributes and perhaps more, so the places have names that differ.
    private var attributes: [String] {
        let place = slot.map { ["slot-\($0)", folder] } ?? ["folder", folder]
        return ["service", "chat-tui"] + place
    }

    private func process(_ command: [String], wantsOutput: Bool = false) -> TimedProcess {
        TimedProcess(
            words: ["secret-tool"] + command + attributes, program: program, wantsOutput: wantsOutput,
            maxOutputBytes: 64 << 10, limit: limit)
    }

    /// Stores the secret in the place of the one before.
    /// - Returns: whether the keyring has it: it was read back.
    func store(_ secret: [UInt8]) -> Bool {
        process(["store", "--label=\(label)"]).run(input: secret) != nil && lookUp() == secret
    }

    /// Nil if the keyring does not answer or has no such secret.
    func lookUp() -> [UInt8]? {
        guard let secret = process(["lookup"], wantsOutput: true).run(input: []), !secret.isEmpty else { return nil }
        return secret
    }

    func clear() { _ = process(["clear"]).run(input: []) }
}
