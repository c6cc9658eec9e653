import ChatWire
import Logging

/// A log in which whatever is said is safe to read in a terminal, and one line: each text of an entry is made so here, at the
/// one way out.
struct CleanLog<Output: LogHandler>: LogHandler {
    private var output: Output

    init(_ output: Output) { self.output = output }

    var logLevel: Logger.Level {
        get { output.logLevel }
        set { output.logLevel = newValue }
    }

    var metadata: Logger.Metadata {
        get { output.metadata }
        set { output.metadata = newValue.mapValues(\.clean) }
    }

    var metadataProvider: Logger.MetadataProvider? {
        get { output.metadataProvider }
        set { output.metadataProvider = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { output[metadataKey: key] }
        set { output[metadataKey: key] = newValue?.clean }
    }

    func log(event: LogEvent) {
        var event = event
        event.message = "\(UntrustedText(event.message.description))"
        event.metadata = event.metadata?.mapValues(\.clean)
        if let error = event.error {
            event.error = nil
            event.metadata = (event.metadata ?? [:]).merging(["error": "\(UntrustedText("\(error)"))"]) { $1 }
        }
        output.log(event: event)
    }
}

extension Logger.MetadataValue {
    fileprivate var clean: Self {
        switch self {
        case .string(let text): .string(UntrustedText(text).displayed())
        case .stringConvertible(let value): .string(UntrustedText("\(value)").displayed())
        case .array(let values): .array(values.map(\.clean))
        case .dictionary(let values): .dictionary(values.mapValues(\.clean))
        }
    }
}
