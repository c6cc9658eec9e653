import ChatWire
import HostSystem
import Supabase
import Synchronization

/// Where a profile's session is kept: a private file, and for its tokens the desktop's keyring if there is one. All
/// windows and commands of a profile use the same one.
public final class AccountStore: Sendable {
    /// The folder of the profile's session.
    public let folder: String
    private let keyring: Keyring?
    private let replaceFile: @Sendable (_ path: String, _ bytes: [UInt8]) throws(FileProblem) -> Void
    /// The tokens that were read from the keyring last, and their number in the file.
    private let known = Mutex<(entry: Int, tokens: StoredAccount.Tokens)?>(nil)

    /// - Parameters:
    ///   - folder: A folder for the session alone. It is created with mode 0700 when somebody logs in.
    ///   - keyring: Where the tokens go, if it answers. Without it they are in the file.
    public convenience init(folder: String, keyring: Keyring? = nil) {
        self.init(folder: folder, keyring: keyring) { path, bytes throws(FileProblem) in
            // A backup may have made a second name for the file. The folder is this user's alone.
            try OwnFile.replace(path, with: bytes, allowsHardLinks: true)
        }
    }

    init(
        folder: String, keyring: Keyring? = nil,
        replaceFile: @escaping @Sendable (_ path: String, _ bytes: [UInt8]) throws(FileProblem) -> Void
    ) {
        (self.folder, self.keyring, self.replaceFile) = (folder, keyring?.entry(for: folder), replaceFile)
    }

    public var path: String { folder + "/session.json" }
    private var lockPath: String { folder + "/session.lock" }
    private static let maxBytes = 64 << 10

    /// Reads who is logged in, without waiting for another window. It blocks its thread while the keyring answers.
    /// - Parameter asksKeyring: Whether the keyring is asked even if its tokens seem to be known. A process that was killed
    ///   may have changed them without changing the file.
    /// - Returns: nil if nobody is logged in.
    public func read(asksKeyring: Bool = false) throws(AccountProblem) -> StoredAccount? {
        var file = try readFile()
        while let found = file {
            guard let entry = found.keyringEntry else { return found.state.map(found.account) }
            if !asksKeyring, let known = known.withLock(\.self), known.entry == entry {
                return found.account(.active(known.tokens))
            }
            let bytes = keyring?.slot(found.keyringSlot).lookUp()
            let secret = bytes.flatMap { try? WireCodec.decode(KeyringSecret.self, from: $0) }
            if let secret, secret.owner ?? found.owner == found.owner {
                known.withLock { $0 = (entry, secret.tokens) }
                return found.account(.active(secret.tokens))
            }
            file = try readFile()
            // Unless somebody has logged in meanwhile, the keyring's tokens are lost, or somebody else's.
            guard file?.keyringEntry != entry else { throw secret == nil ? .keyringSilent : .ended(.gone) }
        }
        return nil
    }

    /// Who is logged in, without the tokens: the keyring is not asked. Nil if nobody is.
    public func readUser() throws(AccountProblem) -> (project: ProjectAddress, key: ProjectKey, user: AccountUser)? {
        try readFile().map { ($0.project, $0.key, $0.user) }
    }

    /// Which log-in it is. Nil if nobody is logged in.
    func readLogIn() throws(AccountProblem) -> AccountFile.LogIn? {
        try readFile().map { AccountFile.LogIn(owner: $0.owner, number: $0.logIn, key: $0.key) }
    }

    private func readFile() throws(AccountProblem) -> AccountFile? {
        do throws(FileProblem) {
            guard !PrivateFolder.isMissing(folder) else { return nil }
            guard PrivateFolder.isOwn(folder) else { throw FileProblem(path: folder, reason: .openToOthers) }
            guard let bytes = try OwnFile.readSecret(path, limit: Self.maxBytes, allowsHardLinks: true) else {
                return nil
            }
            guard let file = try? WireCodec.decode(AccountFile.self, from: bytes) else {
                throw FileProblem(path: path, reason: .otherContent)
            }
            return file
        } catch {
            if error.reason == .otherContent { throw .unreadable(path: path) }
            throw .file(error)
        }
    }

    // MARK: - Changing it

    /// How long a log-in and a logout wait for another window. It may be waiting for the service.
    static let patience: Duration = .seconds(30)

    /// Keeps a new login in the place of whatever was there.
    /// - Parameter whenBusy: Called if this waits for another window or command.
    public func replace(
        with account: StoredAccount, whenBusy: (@Sendable () -> Void)? = nil
    ) async throws(AccountProblem) {
        let lock = try await takeLock(patience: Self.patience, whenBusy: whenBusy)
        try keep(account, isNew: true)
        withExtendedLifetime(lock) {}
    }

    /// Forgets the session, whoever it is of. What the service knows of it stays.
    public func remove() async throws(AccountProblem) {
        let lock = try await takeLock(patience: Self.patience)
        try removeFile()
        withExtendedLifetime(lock) {}
    }

    /// Takes the lock of the session. It is held as long as the object lives.
    /// - Parameter whenBusy: Called once if it takes more than a moment.
    func takeLock(
        patience: Duration, whenBusy: (@Sendable () -> Void)? = nil
    ) async throws(AccountProblem) -> FileLock {
        let lock: FileLock?
        do throws(FileProblem) {
            try PrivateFolder.prepare(folder)
            guard PrivateFolder.isOwn(folder) else { throw FileProblem(path: folder, reason: .openToOthers) }
            lock = try await FileLock.take(lockPath, patience: patience, whenBusy: whenBusy)
        } catch {
            throw .file(error)
        }
        guard let lock else { throw .busy }
        return lock
    }

    /// Writes the session. The caller has the lock. It blocks its thread while the keyring answers.
    ///
    /// A new session goes to the keyring's other slot, then to the file, and then the former one's slot is cleared. So a
    /// log-in that fails or is killed anywhere leaves the former session as it was. A refreshed session stays in its slot:
    /// if the program is killed before the file, the file still says where the tokens are.
    /// - Parameter isNew: Whether it is a log-in, not a refresh.
    func keep(_ account: StoredAccount, isNew: Bool = false) throws(AccountProblem) {
        let before = try? readFile()
        let isNew = isNew || before?.owner != account.owner
        var file = AccountFile(account)
        file.logIn = isNew ? Int.random(in: 0...Int.max) : before?.logIn
        if case .active(let tokens) = account.state, let keyring {
            let other = before?.keyringSlot == 0 ? 1 : 0
            let slot = isNew || before?.keyringEntry == nil ? other : before?.keyringSlot
            let secret = WireCodec.encodeUTF8(KeyringSecret(tokens, of: account.owner))
            if keyring.slot(slot).store(secret) {
                (file.state, file.keyringEntry, file.keyringSlot) = (nil, Int.random(in: 0...Int.max), slot)
            }
        }
        do throws(FileProblem) {
            try replaceFile(path, WireCodec.encodeUTF8(file) + [UInt8(ascii: "\n")])
        } catch {
            if isNew, file.keyringEntry != nil { keyring?.slot(file.keyringSlot).clear() }
            throw .file(error)
        }
        if let entry = file.keyringEntry, case .active(let tokens) = account.state {
            known.withLock { $0 = (entry, tokens) }
        }
        if let before, before.keyringEntry != nil, file.keyringEntry == nil || before.keyringSlot != file.keyringSlot {
            keyring?.slot(before.keyringSlot).clear()
        }
    }

    /// Removes the session. The caller has the lock.
    func removeFile() throws(AccountProblem) {
        if let keyring {
            if let file = try? readFile(), file.keyringEntry != nil, file.keyringSlot == nil {
                keyring.slot(nil).clear()
            }
            // A log-in that was killed may have left the other one.
            for slot in 0...1 { keyring.slot(slot).clear() }
        }
        do throws(FileProblem) {
            try OwnFile.remove(path, allowsHardLinks: true)
        } catch {
            throw .file(error)
        }
    }
}
