import ArgumentParser
import ChatUI
import ChatWire
import ConfigFile
import HostSystem
import LocalStore

/// The people, products and profiles that this machine knows, for a shell that completes the value of a flag. It reads
/// the local history only. Whatever goes wrong, there is nothing to offer: a message would stand in the line that the
/// user types.
enum KnownValues {
    /// Who has a history on this machine.
    static let users = CompletionKind.custom { words, _, _ in
        guard let folder = try? settings(words, user: "nobody")?.dataFolder else { return [] }
        return LocalHistory.users(in: folder).map(\.wire).filter(isPlain).sorted()
    }

    /// With whom the user has written, the last one first.
    static let peers = CompletionKind.custom { words, _, _ in
        ((try? history(words)?.peers(limit: limit)) ?? []).map(\.wire).filter(isPlain)
    }

    static let products = CompletionKind.custom { words, _, _ in
        ((try? history(words)?.productIDs(limit: limit)) ?? []).filter(isPlain)
    }

    /// The profiles of the settings file.
    static let profiles = CompletionKind.custom { words, _, _ in
        let configuration = try? options(words)?.configuration(Texts.ofArguments)
        return configuration?.profiles.keys.sorted() ?? []
    }

    /// More than anybody reads.
    private static let limit = 200

    /// Other ids would need quotes, each shell's own.
    private static func isPlain(_ id: String) -> Bool {
        guard let first = id.first, first != "-" else { return false }
        return id.unicodeScalars.allSatisfy { character in
            character.properties.isAlphabetic || ("0"..."9").contains(character) || marks.contains(character)
        }
    }

    private static let marks: Set<Unicode.Scalar> = ["-", "_", ".", "@", "+"]

    private static func history(_ words: [String]) throws -> LocalHistory? {
        guard let settings = try settings(words, user: nil) else { return nil }
        return try LocalHistory(folder: settings.dataFolder, server: settings.server.identity, user: settings.user)
    }

    /// - Parameter user: Whose, if the line does not say.
    private static func settings(_ words: [String], user: String?) throws -> ConnectionSettings? {
        guard var options = try options(words) else { return nil }
        options.user = user ?? options.user
        return try options.settings(Texts.ofArguments)
    }

    /// The flags of the line that say whose history it is, and where. The value under the cursor may be incomplete.
    private static func options(_ words: [String]) throws -> ConnectionOptions? {
        let flags = ["--user", "--url", "--profile", "--config", "--data-dir"]
        var chosen: [String] = []
        for (index, word) in words.enumerated() {
            let next = index + 1 < words.count ? words[index + 1] : ""
            if flags.contains(word), !next.isEmpty, !next.hasPrefix("-") {
                chosen += [word, next]
            } else if flags.contains(where: { word.hasPrefix($0 + "=") }) {
                chosen.append(word)
            }
        }
        return try ConnectionOptions.parse(chosen)
    }
}
