import NIOCore
import Testing

@testable import ServerRuntime

@Suite("How many processors there are for the server")
struct ProcessorsTests {
    @Test(
        "the mask of /proc counts, and what cannot be read does not",
        arguments: [
            ("Name:\tx\nCpus_allowed:\t3\nCpus_allowed_list:\t0-1\n", 2),
            ("Cpus_allowed:\t1\n", 1), ("Cpus_allowed:\t00000000,0000f00f\n", 8), ("Cpus_allowed:\t\n", nil),
            ("Cpus_allowed_list:\t0-1\n", nil), ("", nil),
        ] as [(String, Int?)])
    func mask(_ status: String, _ count: Int?) {
        #expect(Processors.allowed(by: status) == count)
    }

    @Test("there is one at least, and no more than the machine has") func machine() {
        #expect(1...System.coreCount ~= Processors.count)
    }
}
