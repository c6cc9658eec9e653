import ChatWire
import Logging
import WebSocketTransport

/// Reloads the settings that may change while the server runs. If a file cannot be used, the values from before stay.
/// No connection ends.
struct Reload {
    let logLevelFile: String?
    let tls: ServerTLS?
    let authentication: Authentication?
    let log: Logger

    func callAsFunction() async {
        readLogLevel()
        readCertificate()
        await authentication?.reload()
        log.notice("SIGHUP: the reload is complete; the lines above have its results.")
    }

    private func readLogLevel() {
        guard let file = logLevelFile else { return }
        do throws(LogLevelFile.Problem) {
            var log = log  // all copies of a logger share one level
            log.logLevel = try LogLevelFile(path: file).read()
            log.notice("The log's level is now \(log.logLevel).")
        } catch {
            log.error("\(error.sentence) The previous level stays in use.")
        }
    }

    private func readCertificate() {
        guard let tls else { return }
        do throws(TLSFileError) {
            try tls.reload()
            log.notice("New connections get the certificate that was just read.")
        } catch {
            log.error("\(error.sentence) The previous certificate stays in use.")
        }
    }
}
