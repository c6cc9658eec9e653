import ArgumentParser
import Foundation

/// A marketplace's project to try a login with, by hand or in a script, and something that refreshes its sessions.
@main struct StandInCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "marketplace-stand-in",
        abstract: "Stands in for a marketplace's project at Supabase, on this machine.",
        subcommands: [ServeCommand.self, RefreshCommand.self], defaultSubcommand: ServeCommand.self)
}

/// Writes a line at once, also into a pipe. Whether anybody still reads it does not matter.
func say(_ line: String) { try? FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8)) }
