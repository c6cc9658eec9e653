import Logging
import Synchronization
import Testing
import WebSocketTransport

@testable import ChatServer
@testable import ServerRuntime

@Suite("What files are shared out to")
struct DescriptorBudgetTests {
    @Test("what is needed is enough, one less is not, and more is never less", arguments: [1, 2, 8, 64, 256])
    func needed(loops: Int) {
        for open in [3, 20, 100] {
            func sockets(_ limit: Int) -> Int? { DescriptorBudget(limit: limit, open: open, loops: loops).sockets }
            let needed = DescriptorBudget(limit: 0, open: open, loops: loops).needed
            #expect(sockets(needed) == 4 && sockets(needed - 1) == nil && sockets(0) == nil)
            var last = 0
            for limit in needed..<needed + 2000 {
                let now = sockets(limit) ?? 0
                #expect(now >= last && now <= limit - open - 3 * loops)
                last = now
            }
        }
    }

    @Test("a refused socket's warning names the bound that it was over", arguments: [nil, 10])
    func warning(socketLimit: Int?) {
        let lines = Mutex<[String]>([])
        let log = Logger(label: "test") { _ in
            LineLogHandler(.text, now: { Server.now() }) { line in lines.withLock { $0.append(line) } }
        }
        let notices = NoticeLog(log, openFileLimit: 512, socketLimit: socketLimit)
        for _ in 0..<3 { notices.log(.socketRefused(.address("192.0.2.1"), .sockets)) }
        let said = lines.withLock { $0 }
        #expect(said.count == 1 && said[0].contains("the address that has most is refused first"))
        #expect(
            said[0].contains("--sockets") == (socketLimit != nil)
                && said[0].contains("ulimit -n") == (socketLimit == nil))
        #expect(said[0].contains(socketLimit.map { "\($0) sockets" } ?? "512 files"))
    }
}
