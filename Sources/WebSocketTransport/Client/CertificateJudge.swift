import NIOCore
import NIOSSL
import SystemErrors

/// Says why a certificate was not accepted. The TLS library says only that it was not.
final class CertificateJudge: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// In seconds since 1970.
    private let now: () -> Int

    init(now: @escaping () -> Int) { self.now = now }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard case .certificate(.notTrusted) = ConnectError(error),
            let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate(),
            let problem = problem(of: certificate)
        else { return context.fireErrorCaught(error) }
        context.fireErrorCaught(ConnectError.certificate(problem))
    }

    private func problem(of certificate: NIOSSLCertificate) -> CertificateProblem? {
        let now = now()
        if now > Int(certificate.notValidAfter) { return .expired }
        return now < Int(certificate.notValidBefore) ? .notYetValid : nil
    }
}
