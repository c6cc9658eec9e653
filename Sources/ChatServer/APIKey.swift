/// The API keys of a Supabase project. A publishable key (`sb_publishable_…`) says which project a client is of, and a
/// secret key (`sb_secret_…`) is for servers. Neither is a JWT, and neither proves a user. They belong in `apikey`.
public enum APIKey {
    public static func isOne(_ text: String) -> Bool { isPublishable(text) || isSecret(text) }
    public static func isPublishable(_ text: String) -> Bool { text.hasPrefix("sb_publishable_") }
    public static func isSecret(_ text: String) -> Bool { text.hasPrefix("sb_secret_") }
}
