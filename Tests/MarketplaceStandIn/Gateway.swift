import Foundation

/// The keys of programs. The first two are public; the others pass row-level security and belong in no client.
public struct APIKeys: Sendable {
    public let publishable: String
    /// The older form of the publishable key, a JWT of the role `anon`.
    public let anon: String
    public let secret: String
    /// The older form of the secret key, a JWT of the role `service_role`.
    public let serviceRole: String

    init(keys: SigningKeys) {
        func random(_ count: Int) -> String {
            let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
            return String((0..<count).map { _ in letters.randomElement()! })
        }
        func token(_ role: String) -> String {
            let claims: JSON = [
                "iss": "supabase", "ref": "abcdefghijklmnopqrst", "role": .string(role), "iat": 1_700_000_000,
                "exp": 2_015_360_000,
            ]
            // HMAC does not fail.
            return try! keys.sign(claims, .hs256)
        }
        publishable = "sb_publishable_" + random(22) + "_" + random(8)
        secret = "sb_secret_" + random(22) + "_" + random(8)
        anon = token("anon")
        serviceRole = token("service_role")
    }

    var all: [String] { [publishable, anon, secret, serviceRole] }
}

extension Service {
    /// What the gateway answers in place of the services behind it; `nil` if it lets the request through.
    func refusedByGateway(_ request: Request) -> Response? {
        // Browsers and servers come here without a key.
        let open = [
            "/auth/v1/verify", "/auth/v1/callback", "/auth/v1/authorize", "/auth/v1/.well-known/jwks.json",
        ]
        if open.contains(request.path) { return nil }
        guard let key = request.header("apikey") ?? request.parameter("apikey") else {
            return .json(
                [
                    "message": "No API key found in request",
                    "hint": "No `apikey` request header or url param was found.",
                ], status: 401)
        }
        let invalid = Response.json(
            [
                "message": "Invalid API key",
                "hint": "Double check your Supabase `anon` or `service_role` API key.",
            ], status: 401)
        guard apiKeys.all.contains(key) else { return invalid }
        // A key that is no JWT is no bearer token. Where it equals `apikey` it goes through, and the service behind refuses it.
        if let bearer = request.bearer, bearer.hasPrefix("sb_"), bearer != key { return invalid }
        return nil
    }
}
