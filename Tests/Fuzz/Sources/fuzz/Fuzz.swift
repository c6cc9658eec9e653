/// The target that the program's first argument names: `fuzz TARGET [libFuzzer's options and corpus folders]`.
nonisolated(unsafe) private var check: ([UInt8]) -> Void = { _ in }

private let targets: [String: @Sendable ([UInt8]) -> Void] = [
    "frames": FrameTarget.check,
    "upgrade-request": UpgradeRequestTarget.check,
    "upgrade-answer": UpgradeAnswerTarget.check,
    "events": EventTarget.check,
    "text": TextTarget.check,
]

/// Called by libFuzzer, whose `main` this program has, before it reads its arguments: it is not to see our own.
@_cdecl("LLVMFuzzerInitialize")
public func chooseTarget(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>
) -> CInt {
    guard count.pointee > 1, let name = arguments.pointee[1], let target = targets[String(cString: name)] else {
        fatalError("usage: fuzz \(targets.keys.sorted().joined(separator: "|")) [libFuzzer's arguments]")
    }
    check = target
    arguments.pointee[1] = arguments.pointee[0]
    arguments.pointee += 1
    count.pointee -= 1
    return 0
}

/// Called by libFuzzer with every input that it tries.
@_cdecl("LLVMFuzzerTestOneInput")
public func testInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    check(Array(UnsafeBufferPointer(start: data, count: size)))
    return 0
}

/// Ends the program where a property does not hold, so that libFuzzer keeps the input.
func require(_ condition: Bool, _ property: @autoclosure () -> String) {
    if !condition { fatalError("broken: \(property())") }
}

/// How an input reaches a target.
enum Delivery: CaseIterable {
    case whole
    case byteByByte

    func pieces(of bytes: some Collection<UInt8>) -> [[UInt8]] {
        switch self {
        case .whole: [Array(bytes)]
        case .byteByByte: bytes.map { [$0] }
        }
    }
}
