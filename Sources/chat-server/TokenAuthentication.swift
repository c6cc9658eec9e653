import ChatWire
import Logging
import ServerRuntime
import TokenAuth

/// How tokens are checked, and how the keys for that are reloaded.
struct TokenSettings: Sendable {
    var rules: TokenRules
    var secrets: [[UInt8]]
    /// The files from which the secrets are reloaded.
    var secretFiles: [String] = []
    var keySetURL: String?

    func authentication(log: Logger) async -> Authentication {
        let authenticator = await TokenAuthenticator(
            rules: rules, secrets: secrets, keySetURL: keySetURL, log: log)
        return Authentication(authenticator) {
            await readSecrets(for: authenticator, log)
            await fetchKeys(for: authenticator, log)
        }
    }

    private func readSecrets(for authenticator: TokenAuthenticator, _ log: Logger) async {
        guard !secretFiles.isEmpty else { return }
        do throws(SecretFile.Problem) {
            var secrets: [[UInt8]] = []
            for path in secretFiles { secrets.append(try SecretFile(path: path).read()) }
            await authenticator.use(secrets: secrets)
            log.notice("New tokens are checked with the \(secrets.count) secrets that were just read.")
        } catch {
            log.error("\(error.sentence) The previous secrets stay in use.")
        }
    }

    /// The authenticator itself logs a failure.
    private func fetchKeys(for authenticator: TokenAuthenticator, _ log: Logger) async {
        guard keySetURL != nil else { return }
        log.notice("Fetching the token keys again.")
        await authenticator.refreshKeys()
    }
}
