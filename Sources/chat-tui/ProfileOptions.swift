import ArgumentParser
import ChatUI

/// The options that every command takes: whose account it is for, and where the settings are.
///
/// ArgumentParser decodes a group once for the program and its command, so a command that has only some of the groups of
/// ``ConnectionOptions`` gets the values from there. Its help shows only the groups that it has.
struct ProfileOptions: ParsableArguments {
    @Option(help: .of(.caFile), completion: .file())
    var caFile: String?

    @Option(help: .of(.profile), completion: KnownValues.profiles)
    var profile: String?

    @Option(help: .of(.lang), completion: .list(Language.allCases.map(\.rawValue)))
    var lang: String?

    @Option(help: .of(.config), completion: .file())
    var config: String?
}

/// The option of the commands that speak to a project.
struct KeyOptions: ParsableArguments {
    @Option(help: .of(.apikey))
    var apikey: String?
}
