import ChatUI
import Testing

struct NearestTests {
    @Test(arguments: [
        ("mosue", "mouse"), ("dat-dir", "data-dir"), ("DATA_DIR", "data-dir"), ("", nil), ("qqqqqqq", nil),
    ])
    func nearest(name: String, nearest: String?) {
        #expect(Nearest.name(to: name, among: ["mouse", "data-dir", "log-file"]) == nearest)
    }
}
