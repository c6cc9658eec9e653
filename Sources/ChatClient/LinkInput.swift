import ChatWire

/// The inputs of a state machine that concern its link.
protocol LinkInput {
    static func opened(link: Int) -> Self
    static func event(_ event: ServerEvent, link: Int) -> Self
    static func malformed(_ reason: String, link: Int) -> Self
    static func ended(_ end: LinkEnd, link: Int) -> Self
}

extension LinkInput {
    init(_ event: LinkEvent, link: Int) {
        switch event {
        case .opened: self = .opened(link: link)
        case .ended(let end): self = .ended(end, link: link)
        case .received(let text):
            do {
                self = .event(try WireCodec.decode(ServerEvent.self, from: text), link: link)
            } catch {
                self = .malformed(error.description, link: link)
            }
        }
    }
}

extension Session.Report: LinkInput {}
extension FeedFollower.Input: LinkInput {}
