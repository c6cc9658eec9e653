import Formats
import Testing

@testable import Supabase

@Suite struct ProjectTests {
    @Test(arguments: [
        ("https://abcdefghijklmnopqrst.supabase.co", "https://abcdefghijklmnopqrst.supabase.co"),
        (" HTTPS://ABCDEFGHIJKLMNOPQRST.supabase.co/ \n", "https://abcdefghijklmnopqrst.supabase.co"),
        ("abcdefghijklmnopqrst", "https://abcdefghijklmnopqrst.supabase.co"),
        ("abcdefghijklmnopqrst.supabase.co", "https://abcdefghijklmnopqrst.supabase.co"),
        ("https://abcdefghijklmnopqrst.supabase.co/rest/v1/", "https://abcdefghijklmnopqrst.supabase.co"),
        ("https://abcdefghijklmnopqrst.supabase.co/auth/v1", "https://abcdefghijklmnopqrst.supabase.co"),
        (
            "https://abcdefghijklmnopqrst.supabase.co/functions/v1/websocket-server",
            "https://abcdefghijklmnopqrst.supabase.co"
        ),
        (
            "https://supabase.com/dashboard/project/abcdefghijklmnopqrst/settings/api-keys",
            "https://abcdefghijklmnopqrst.supabase.co"
        ),
        ("http://127.0.0.1:54321", "http://127.0.0.1:54321"),
        ("http://localhost:54321/", "http://localhost:54321"),
        ("http://[::1]:54321", "http://[::1]:54321"),
        ("https://shop.example/supabase/rest/v1", "https://shop.example/supabase"),
        ("https://shop.example:8443", "https://shop.example:8443"),
        ("https://shop.example:443", "https://shop.example"), ("shop.example", "https://shop.example"),
        ("shop.example:8443/supabase", "https://shop.example:8443/supabase"),
        ("127.0.0.1:9999", "http://127.0.0.1:9999"), ("localhost:54321", "http://localhost:54321"),
        ("localhost", "http://localhost"), ("[::1]:54321/rest/v1", "http://[::1]:54321"),
        ("https://127.0.0.1:9999", "https://127.0.0.1:9999"),
        ("127.0.0.1.example:9999", "https://127.0.0.1.example:9999"),
    ]) func addresses(text: String, url: String) throws {
        let project = try ProjectAddress(text)
        #expect(project.url == url)
        #expect(try ProjectAddress(project.url) == project)
    }

    @Test(arguments: [
        ("", ProjectAddress.Invalid.malformed), ("   ", .malformed), ("https://", .malformed),
        ("https://a b", .malformed), ("https://a:99999", .malformed), ("https://a:0", .malformed),
        ("ftp://a.example", .unknownScheme("ftp")), ("http://shop.example", .notEncrypted),
        ("http://127.0.0.1.example", .notEncrypted), ("https://me:secret@a.example", .holdsCredentials),
        ("https://a.example?x=1", .holdsQuery), ("https://a.example#x", .holdsQuery),
    ]) func refusedAddresses(text: String, problem: ProjectAddress.Invalid) {
        #expect(throws: problem) { try ProjectAddress(text) }
    }

    @Test func chatServer() throws {
        #expect(
            try ProjectAddress("abcdefghijklmnopqrst").chatServerURL
                == "wss://abcdefghijklmnopqrst.supabase.co/functions/v1/websocket-server")
        #expect(
            try ProjectAddress("http://127.0.0.1:9/x").chatServerURL
                == "ws://127.0.0.1:9/x/functions/v1/websocket-server")
    }

    private static func token(_ claims: String) -> String {
        [#"{"alg":"HS256"}"#, claims, "x"].map { Base64.encodeURL(Array($0.utf8)) }.joined(separator: ".")
    }

    @Test(arguments: [
        "sb_publishable_abcDEF_123", " sb_publishable_abcDEF_123\n", token(#"{"role":"anon","iss":"supabase"}"#),
    ]) func keys(text: String) throws {
        #expect(try ProjectKey(text).text == text.filter { !$0.isWhitespace })
    }

    @Test(arguments: [
        ("", ProjectKey.Invalid.empty), (" \n", .empty), ("hello", .malformed), ("sb_publishable_a b", .malformed),
        ("sb_publishable_ключ", .malformed), ("a.b.c", .malformed),
        ("sb_publishable_" + String(repeating: "x", count: 5000), .malformed), ("sb_secret_abc", .secret),
        (token(#"{"role":"service_role"}"#), .secret), (token(#"{"role":"supabase_admin"}"#), .secret),
        (token(#"{"role":"authenticated","sub":"u"}"#), .otherToken), (token(#"{"role":5}"#), .malformed),
        (token(#"{}"#), .malformed), (token(#"[]"#), .malformed),
    ]) func refusedKeys(text: String, problem: ProjectKey.Invalid) {
        #expect(throws: problem) { try ProjectKey(text) }
    }
}
