import Testing

@testable import HostSystem

@Suite("Standard folders")
struct StandardFoldersTests {
    @Test func defaults() throws {
        let folders = StandardFolders(environment: ["HOME": "/h", "XDG_DATA_HOME": "", "XDG_RUNTIME_DIR": "x"])
        #expect(folders.localSocket == "/h/.local/state/chat-tui/run/server.sock")
        #expect(folders.serverStore == "/h/.local/share/chat-server/chat.sqlite")
        #expect(folders.serverLog == "/h/.local/state/chat-server/chat-server.log")
        #expect(folders.clientLog == "/h/.local/state/chat-tui/chat-tui.log")
        #expect(folders.config == "/h/.config")
    }

    @Test func fromVariables() throws {
        let folders = StandardFolders(environment: [
            "XDG_DATA_HOME": "/d", "XDG_STATE_HOME": "/s", "XDG_CONFIG_HOME": "/c",
            "XDG_RUNTIME_DIR": "/run/user/1",
        ])
        #expect(folders.localSocket == "/run/user/1/chat-tui/server.sock")
        #expect(folders.serverStore == "/d/chat-server/chat.sqlite")
    }

    @Test func homeless() {
        for home in ["relative", "", "/dev/null"] {
            let folders = StandardFolders(
                environment: ["HOME": home, "XDG_RUNTIME_DIR": "/run/user/1"], isHome: { $0 != "/dev/null" })
            #expect(folders.home == nil && folders.clientData == nil && folders.serverStore == nil)
            #expect(folders.localSocket == "/run/user/1/chat-tui/server.sock")
        }
    }

    /// `su`, `cron` and `ssh` do not set the variable.
    @Test(arguments: [[:], ["XDG_RUNTIME_DIR": ""], ["XDG_RUNTIME_DIR": "/r"]])
    func theUsualRuntimeFolder(_ environment: [String: String]) {
        let known = StandardFolders.knowingRuntime(environment.merging(["HOME": "/h"]) { $1 }, user: 7)
        #expect(known["HOME"] == "/h")
        #expect(known["XDG_RUNTIME_DIR"] == environment["XDG_RUNTIME_DIR"] ?? "/run/user/7")
    }

    @Test func aRuntimeFolderOfOthersIsReplaced() {
        let folders = StandardFolders(
            environment: ["HOME": "/h", "XDG_RUNTIME_DIR": "/tmp"], isRuntime: { $0 != "/tmp" })
        #expect(folders.localSocket == "/h/.local/state/chat-tui/run/server.sock")
    }
}
