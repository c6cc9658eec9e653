/// What happened in a world, line by line.
final class Trace {
    private(set) var lines: [String] = []
    let isOn: Bool

    init(isOn: Bool) { self.isOn = isOn }

    func note(_ time: Int, _ who: @autoclosure () -> String, _ what: @autoclosure () -> String) {
        guard isOn else { return }
        let micros = String(time % 1_000_000)
        let zeros = String(repeating: "0", count: 6 - micros.count)
        lines.append("\(time / 1_000_000).\(zeros)\(micros) \(who()): \(what())")
    }
}
