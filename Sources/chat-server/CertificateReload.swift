import Dispatch
import Foundation
import Logging
import WebSocketTransport

/// Reads the certificate anew on SIGHUP, so that a renewed one needs no restart.
final class CertificateReload: Sendable {
    private nonisolated(unsafe) let source: any DispatchSourceSignal

    init(_ tls: ServerTLS, log: Logger) {
        signal(SIGHUP, SIG_IGN)  // the dispatch source hears of it all the same
        source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: .global())
        source.setEventHandler {
            do throws(TLSFileError) {
                try tls.reload()
                log.notice("New connections get the certificate that was read just now.")
            } catch {
                log.error("\(error.sentence) The certificate read before stays in use.")
            }
        }
        source.resume()
    }

    func end() { source.cancel() }
}
