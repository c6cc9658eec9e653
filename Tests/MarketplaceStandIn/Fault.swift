/// A way in which the service fails.
public enum Fault: Sendable {
    /// It answers, but late.
    case delay(seconds: Double)
    /// It gets the request and never answers. What was asked for is done.
    case silence
    /// It does what was asked for, and the connection ends without an answer.
    case loseAnswer
    /// The connection ends before anything is done.
    case loseRequest
    /// It does what was asked for; the answer breaks off after so many bytes.
    case breakOff(afterBytes: Int)
    /// It sends one byte of the answer at a time.
    case trickle(pauseSeconds: Double)
    /// It does what was asked for, and keeps the answer until `MarketplaceStandIn.release()`.
    case hold
    /// It answers with this, and does nothing.
    case answer(Response)
    /// It does nothing and says why, in the form that the request's version of the interface has.
    case refuse(ServiceError)
    /// It sends bytes that are no HTTP.
    case garbage([UInt8])
    /// Everything is as ever, but each string in the answer except these members' is another.
    case strings(String, except: Set<String>)
    /// It does nothing, and answers with a JSON object of at least so many bytes.
    case hugeAnswer(bytes: Int)

    /// 503, as a load balancer says it.
    public static let unavailable = answer(
        Response(
            status: 503, headers: [("Content-Type", "text/html")],
            body: Array("<html><head><title>503 Service Temporarily Unavailable</title></head></html>".utf8)))
    /// The members that a client must be able to read, or it would not be logged in at all.
    public static let tokens: Set<String> = ["access_token", "refresh_token", "token_type"]
}

/// A part of the service, for faults and counts.
public enum Route: String, Sendable, CaseIterable {
    case otp
    case verify
    case password
    case refresh
    case pkce
    case authorize
    case logout
    case user
    case factors
    case keySet = "key-set"
    case settings
    case rest
    /// Everything else: the sign-in page of the provider, what does not exist.
    case other
}
