import ChatWire
import Logging
import TokenAuth
import WebSocketTransport

/// Reads anew what may change while the server runs. Where a file is no good, what was read before stays in use; no
/// connection ends by it.
struct Reload {
    let settings: ServerSettings
    let tls: ServerTLS?
    let authenticator: TokenAuthenticator?
    let log: Logger

    func callAsFunction() async {
        readLogLevel()
        readCertificate()
        await readSecrets()
        await fetchKeys()
        log.notice("SIGHUP: what may change while the server runs is as the lines before this one say.")
    }

    private func readLogLevel() {
        guard let file = settings.logLevelFile else { return }
        do throws(LogLevelFile.Problem) {
            var log = log  // all copies write by one level
            log.logLevel = try LogLevelFile(path: file).read()
            log.notice("The log's level is \(log.logLevel) from now on.")
        } catch {
            log.error("\(error.sentence) The level from before stays in use.")
        }
    }

    private func readCertificate() {
        guard let tls else { return }
        do throws(TLSFileError) {
            try tls.reload()
            log.notice("New connections get the certificate that was read just now.")
        } catch {
            log.error("\(error.sentence) The certificate read before stays in use.")
        }
    }

    private func readSecrets() async {
        guard case .tokens(let tokens) = settings.admittance, !tokens.secretFiles.isEmpty else { return }
        do throws(SecretFile.Problem) {
            var secrets: [[UInt8]] = []
            for path in tokens.secretFiles { secrets.append(try SecretFile(path: path).read()) }
            await authenticator?.use(secrets: secrets)
            log.notice("New tokens are checked with the \(secrets.count) secrets that were read just now.")
        } catch {
            log.error("\(error.sentence) The secrets read before stay in use.")
        }
    }

    /// It says by itself what is wrong where they cannot be had.
    private func fetchKeys() async {
        guard case .tokens(let tokens) = settings.admittance, tokens.keySetURL != nil else { return }
        log.notice("The keys to check tokens with are fetched anew.")
        await authenticator?.refreshKeys()
    }
}
