/// The target named by the program's first argument: `fuzz TARGET [libFuzzer's options and corpus folders]`.
nonisolated(unsafe) private var check: ([UInt8]) -> Void = { _ in }

private let targets: [String: @Sendable ([UInt8]) -> Void] = [
    "frames": FrameTarget.check,
    "upgrade-request": UpgradeRequestTarget.check,
    "upgrade-answer": UpgradeAnswerTarget.check,
    "events": EventTarget.check,
    "text": TextTarget.check,
]

/// libFuzzer's `main` calls this before it reads the arguments. It must not see ours.
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

/// libFuzzer calls this with every input that it tries.
@_cdecl("LLVMFuzzerTestOneInput")
public func testInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    check(Array(UnsafeBufferPointer(start: data, count: size)))
    return 0
}

/// Ends the program if a property does not hold, so that libFuzzer keeps the input.
func require(_ condition: Bool, _ property: @autoclosure () -> String) {
    if !condition { fatalError("broken: \(property())") }
}

/// How an input is split when it reaches a target.
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
