/// Paths for libraries that take some texts for more than a path, as SQLite does `file:…` and `:memory:`.
public enum PlainPath {
    /// The same path, which begins with `/` or `./`.
    public static func of(_ path: String) -> String { path.hasPrefix("/") ? path : "./" + path }
}
