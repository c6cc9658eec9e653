import NIOCore

@testable import WebSocketTransport

/// The frame decoder. The first byte of the input chooses the role, the rest are the peer's bytes.
enum FrameTarget {
    private struct Outcome: Equatable {
        var events: [MessageReader.Event] = []
        var violation: ProtocolViolation?
    }

    static func check(_ input: [UInt8]) {
        guard let first = input.first else { return }
        let role: Role = first & 1 == 0 ? .server : .client
        let outcomes = Delivery.allCases.map { read($0.pieces(of: input.dropFirst()), role) }
        require(outcomes[0] == outcomes[1], "whole and byte by byte are the same: \(outcomes)")
        if let code = outcomes[0].violation?.code {
            let known = [CloseCode.protocolError, CloseCode.invalidPayload, CloseCode.tooBig]
            require(known.contains(code), "\(code) is a code for violations")
        }
    }

    private static func read(_ pieces: [[UInt8]], _ role: Role) -> Outcome {
        // Small limits, so that the fuzzer reaches them.
        var reader = MessageReader(role: role, frameLimit: 200, messageLimit: 300)
        var outcome = Outcome()
        var buffer = ByteBuffer()
        do throws(ProtocolViolation) {
            for piece in pieces {
                buffer.writeBytes(piece)
                while let event = try reader.next(from: &buffer) { outcome.events.append(event) }
                require(buffer.readableBytes <= 13, "what is left is part of a header")
            }
        } catch {
            outcome.violation = error
        }
        return outcome
    }
}
