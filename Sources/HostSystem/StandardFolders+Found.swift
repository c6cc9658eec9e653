import ChatWire

extension StandardFolders {
    /// With a look at what is there: a home that is no folder is none (`/dev/null` is that of many services), and a runtime
    /// folder that others may write to is left alone, since they could put their socket there.
    public static func found(environment: [String: String]) -> StandardFolders {
        StandardFolders(environment: environment, isHome: PrivateFolder.canBe, isRuntime: PrivateFolder.isOwn)
    }
}
