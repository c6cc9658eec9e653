import ChatServer
import Foundation
import Synchronization
import WebSocketTransport

/// Reads the figures that `/metrics` shows of the transport and of the process. The transport itself serves that page,
/// so it is set after both exist.
final class FigureGauge: Sendable {
    private let server = Mutex<WebSocketServer?>(nil)
    private let maxSockets: Int?
    private let maxDescriptors: Int

    init(maxSockets: Int?, maxDescriptors: Int) {
        self.maxSockets = maxSockets
        self.maxDescriptors = maxDescriptors
    }

    func watch(_ server: WebSocketServer) { self.server.withLock { $0 = server } }

    var figures: ServerFigures {
        get async {
            var figures = ServerFigures()
            if let server = server.withLock({ $0 }) {
                figures.outboundBytes = await server.outboundBytes()
                figures.sockets = server.openSockets
                figures.openingSockets = server.openingSockets
                let refused = server.refusedSockets
                for refusal in SocketRefusal.allCases {
                    figures.refusedSockets[refusal.rawValue] = refused[refusal, default: 0]
                }
                let traffic = await server.httpTraffic()
                figures.httpAnswers = traffic.answers
                figures.httpAnswerBytes = traffic.bytes
            }
            figures.maxSockets = maxSockets
            figures.residentBytes = Self.residentBytes
            figures.openDescriptors = Self.openDescriptors
            figures.maxDescriptors = maxDescriptors
            figures.droppedLogLines = LogQueue.standardError.dropped
            return figures
        }
    }

    /// `statm` counts pages (proc(5)).
    private static var residentBytes: Int? {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
        let fields = text.split(separator: " ")
        return fields.count > 1 ? Int(fields[1]).map { $0 * sysconf(Int32(_SC_PAGESIZE)) } : nil
    }

    /// Leaves out the descriptor that lists the folder.
    static var openDescriptors: Int? {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")).map { $0.count - 1 }
    }
}
