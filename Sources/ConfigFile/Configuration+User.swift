extension Configuration {
    /// Removes the settings that belong to the file's user alone, if somebody else uses the program: the name and the
    /// token. Otherwise `--user ivan` would call Ivan by the configured user's name, and show the server a token that
    /// is not his. In a file that names no user they hold for everybody.
    public mutating func keepOnlySettings(for other: String) {
        guard let user, !user.utf8.elementsEqual(other.utf8) else { return }
        (name, tokenFile) = (nil, nil)
    }
}
