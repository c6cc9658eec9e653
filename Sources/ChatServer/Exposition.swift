/// A page in the Prometheus text exposition format, version 0.0.4.
struct Exposition {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""

    mutating func gauge(_ name: String, _ help: String, _ value: some Numeric, _ labels: [(String, String)] = []) {
        begin(name, "gauge", help)
        sample(name, labels, "\(value)")
    }

    mutating func counter(_ name: String, _ help: String, _ value: Int) {
        begin(name, "counter", help)
        sample(name, [], "\(value)")
    }

    mutating func counter(
        _ name: String, _ help: String, by label: String, _ tally: LabeledCounter<some RawRepresentable<String>>
    ) {
        counter(name, help, by: label, tally.sorted.map { ($0.name, $0.count) })
    }

    mutating func counter(_ name: String, _ help: String, by label: String, _ counts: [(String, Int)]) {
        begin(name, "counter", help)
        for (value, count) in counts { sample(name, [(label, value)], "\(count)") }
    }

    mutating func counter(_ name: String, _ help: String, by label: String, _ counts: [(name: String, count: Int)]) {
        begin(name, "counter", help)
        for (value, count) in counts { sample(name, [(label, value)], "\(count)") }
    }

    mutating func histogram(_ name: String, _ help: String, _ histogram: Histogram) {
        begin(name, "histogram", help)
        var below = 0
        for (limit, count) in zip(Histogram.limits, histogram.counts) {
            below += count
            sample(name + "_bucket", [("le", "\(limit)")], "\(below)")
        }
        sample(name + "_bucket", [("le", "+Inf")], "\(histogram.count)")
        sample(name + "_sum", [], "\(histogram.sum)")
        sample(name + "_count", [], "\(histogram.count)")
    }

    private mutating func begin(_ name: String, _ type: String, _ help: String) {
        text += "# HELP \(name) \(Self.escaped(help))\n# TYPE \(name) \(type)\n"
    }

    private mutating func sample(_ name: String, _ labels: [(String, String)], _ value: String) {
        let list = labels.map { "\($0)=\"\(Self.escaped($1).replacing("\"", with: "\\\""))\"" }
        text += name + (list.isEmpty ? "" : "{\(list.joined(separator: ","))}") + " \(value)\n"
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
    }
}
